"""A language model in this process: its prompts, its adapter and one batch of generation.

Synchronous and not thread-safe: `services.generator.local` gives it a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Literal

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendRefused
from recdial.llm.adapters import adapter_folder, directory_digest
from recdial.llm.loading import load_causal_lm

if TYPE_CHECKING:
    from torch import Tensor


_HEAD = 1024
"""Most likely tokens looked at first: nearly always enough, and far cheaper than to sort all."""


@dataclass(frozen=True)
class Generated:
    """What the model wrote for one prompt."""

    text: str
    finish_reason: Literal["stop", "length"]
    tokens: int
    """Tokens written, the end token included."""


class LocalModel:
    """One model, with at most one LoRA adapter, which is merged into it.

    Merged, because a LoRA beside the weights halves the speed of decoding on a CPU. For another
    adapter load another LocalModel: a merge undone in bfloat16 would not give the same weights.
    """

    def __init__(
        self,
        source: str,
        name: str,
        adapter: AdapterRef | None = None,
        threads: int | None = None,
    ) -> None:
        """Load the model of a folder or Hub id; `name` is what adapters call it.

        The adapter's bytes are verified against its SHA-256 first. `threads` is the number of CPU
        threads, of the whole process. Raises BackendRefused.
        """
        self.adapter = adapter
        self._name = name
        folder = verified_folder(adapter, name) if adapter else None
        self._model: Any
        self._tokenizer: Any
        self._model, self._tokenizer = load_causal_lm(source)

        import torch
        from transformers import GenerationConfig

        if threads is not None:
            torch.set_num_threads(threads)
        if adapter is not None and folder is not None:
            self._model = _merged(self._model, adapter, folder)
        ends = self._model.generation_config.eos_token_id
        self._ends = {self._tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])}
        self._ends.discard(None)
        # Only what a request asks for: models bring temperatures and penalties of their own.
        self._model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
            do_sample=False,
            eos_token_id=sorted(self._ends),
            pad_token_id=self._tokenizer.pad_token_id,
        )

    def encode(self, messages: Sequence[ChatMessage], max_tokens: int) -> list[int]:
        """The token ids of a chat in the model's own template, up to where the answer begins.

        A template may put a system message of its own before a chat that has none.
        Raises BackendRefused if the model's context cannot hold the chat and `max_tokens` more.
        """
        text = self._tokenizer.apply_chat_template(
            [message.model_dump() for message in messages],
            add_generation_prompt=True,
            tokenize=False,
        )
        tokens: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        context = self._model.config.get_text_config().max_position_embeddings
        if len(tokens) + max_tokens > context:
            raise BackendRefused(
                f"prompt of {len(tokens)} tokens and max_tokens {max_tokens} exceed the context of "
                f"{self._name}, {context} tokens: lower sampling.max_tokens or shorten the prompt"
            )
        return tokens

    def generate(
        self,
        prompts: Sequence[list[int]],
        params: SamplingParams,
        seeds: Sequence[int | None],
        abandoned: Callable[[int], bool],
    ) -> list[Generated]:
        """Write the answer to each prompt (token ids), all in one batch.

        Every prompt draws from a generator of its own, seeded with its seed; `params.seed` is not
        used. `abandoned(i)` is asked after every token and ends the answer to prompt i.
        """
        import torch
        from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

        batch = self._tokenizer.pad(
            {"input_ids": list(prompts)}, padding_side="left", return_tensors="pt"
        ).to(self._model.device)

        def stop(_ids: Tensor, _scores: Tensor, **_: Any) -> Tensor:
            done = [abandoned(row) for row in range(len(prompts))]
            return torch.tensor(done, device=self._model.device)

        processors: Any = LogitsProcessorList()
        if params.temperature > 0:
            processors.append(_NucleusSampler(params.temperature, params.top_p, seeds))
        criteria: Any = StoppingCriteriaList()
        criteria.append(stop)
        limit = GenerationConfig(max_new_tokens=params.max_tokens)  # type: ignore[no-untyped-call]
        with torch.inference_mode():
            rows = self._model.generate(
                **batch,
                # Greedy also where we sample: the sampler leaves only the token it drew.
                generation_config=limit,
                logits_processor=processors,
                stopping_criteria=criteria,
            )
        written = rows[:, batch["input_ids"].shape[1] :].tolist()
        return [self._generated(tokens) for tokens in written]

    def _generated(self, tokens: list[int]) -> Generated:
        end = next((place for place, token in enumerate(tokens) if token in self._ends), None)
        text = self._tokenizer.decode(
            tokens[:end], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        if end is None:
            return Generated(text, "length", len(tokens))
        return Generated(text, "stop", end + 1)


def verified_folder(adapter: AdapterRef, model: str) -> Path:
    """The folder of an adapter for `model`, proven to hold the bytes that were published.

    Raises BackendRefused, saying what is wrong: another base model, no such folder, other bytes.
    """
    if adapter.base_model != model:
        raise BackendRefused(
            f"adapter {adapter.adapter_id} was trained for {adapter.base_model}, this is {model}"
        )
    try:
        folder = adapter_folder(adapter.uri)
    except ValueError as error:
        raise BackendRefused(str(error)) from error
    if not folder.is_dir():
        raise BackendRefused(
            f"adapter {adapter.adapter_id} is not at {folder}: is the folder the trainer "
            "publishes to reachable from here?"
        )
    digest = directory_digest(folder)
    if digest != adapter.sha256:
        raise BackendRefused(
            f"adapter {adapter.adapter_id} at {folder} is not what was published: "
            f"SHA-256 {digest}, expected {adapter.sha256}; remove it and train again"
        )
    return folder


def _merged(model: Any, adapter: AdapterRef, folder: Path) -> Any:
    from peft import PeftModel

    try:
        return PeftModel.from_pretrained(model, folder).merge_and_unload()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise BackendRefused(
            f"adapter {adapter.adapter_id} does not fit {adapter.base_model}: {error}"
        ) from error


class _NucleusSampler:
    """Leaves, in each row of scores, the one token drawn for it (temperature, then top-p).

    transformers samples from torch's global generator, so a text would depend on what else is in
    its batch. Here each row has its own sequence of uniform draws.
    """

    def __init__(self, temperature: float, top_p: float, seeds: Sequence[int | None]) -> None:
        self._temperature = temperature
        self._top_p = top_p
        self._draws = [Random(seed) for seed in seeds]

    def __call__(self, _input_ids: Tensor, scores: Tensor) -> Tensor:
        import torch

        every = torch.softmax(scores / self._temperature, dim=-1)
        chances, order = every.topk(min(_HEAD, every.shape[-1]))
        if (chances.sum(dim=-1) < self._top_p).any():
            chances, order = every.sort(descending=True)
        total = chances.cumsum(dim=-1)
        # The nucleus: the fewest tokens that together reach top_p.
        last = (total < self._top_p).sum(dim=-1, keepdim=True).clamp(max=total.shape[-1] - 1)
        draws = [[draw.random()] for draw in self._draws]
        target = torch.tensor(draws, device=scores.device) * total.gather(-1, last)
        place = torch.minimum((total <= target).sum(dim=-1, keepdim=True), last)
        return torch.full_like(scores, -torch.inf).scatter(-1, order.gather(-1, place), 0.0)
