"""The generator as a process: `python -m services.generator`."""

from recdial.process import run_service
from services.generator.main import build
from services.generator.settings import GeneratorSettings

if __name__ == "__main__":
    run_service(
        "generator", GeneratorSettings, lambda store, _bus, settings: build(store, settings)
    )
