"""What becomes of the rows: duplicates, defects, parts, variants."""

from __future__ import annotations

from math import isclose
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from understudy.settings.section import Count, Policy, Positive, ProjectFile, Section, Share


class DedupSettings(Section):
    """Near-duplicate questions."""

    threshold: Share
    """Similarity strictly above which two questions are the same, rapidfuzz ratio / 100."""
    normalise: Literal["full", "lower"]
    """`full` also folds width, spaces, dashes and quotes; `lower` only case, as the old pipeline."""
    max_cluster: Count
    """Larger clusters are split so that all their members are alike; 0 never splits."""
    semantic: Policy
    """Questions that mean the same in other words, by sentence embeddings: `flag` reports them,
    `drop` keeps one of each group, `keep` does not look. Takes the extra `understudy[semantic]`."""
    semantic_model: str
    """Any model that sentence-transformers loads: a Hugging Face id, or a folder."""
    semantic_threshold: Share
    """Cosine from which on two questions mean the same."""


class FilterSettings(Section):
    """Defects, each a named check with a policy of its own."""

    too_short: Policy
    """The answer has fewer characters than `min_answer_chars`; explanations need half as much again."""
    min_answer_chars: Count
    """For `too_short`."""
    mentions_source: Policy
    """The answer speaks of the transcript, video, lecture or talk."""
    no_final_punctuation: Policy
    """The last line of the answer is prose and has no end."""
    truncated: Policy
    """The answer breaks off: an open mark or bracket, or a word that ends no sentence."""
    broken_markdown: Policy
    """Marks that stay visible, an open fence, empty items, HTML."""
    not_a_question: Policy
    """The question has neither a question mark nor a word that asks."""
    off_topic: Policy
    """Question and answer share too little content."""
    min_overlap: Share
    """Share of the question's content words that the answer must hold."""
    repetitive: Policy
    """The answer repeats characters, words or sentences."""
    wrong_language: Policy
    """The text is in another language than the channel's."""
    personal_data: Policy
    """E-mail addresses and telephone numbers."""
    profanity: Policy
    """A word of a short list in seven languages."""
    unsupported: Policy
    """No evidence; imported rows without a transcript are only flagged."""
    foreign_terms: Policy
    """The answer holds numbers, doses or names that its transcript does not."""
    keep_share: Annotated[float, Field(gt=0, le=1)] | None
    """The seed's top share by score; null keeps every row without a defect."""


class AuditSettings(Section):
    """A second opinion on each row, by a paid model that reads the transcript."""

    policy: Policy
    """What becomes of rows in which it finds a fault; `keep` asks nobody and costs nothing. Takes
    `teacher.kind: openai`."""
    model: str | None
    """The model that judges; null for `teacher.model`. Address, key, limits and budget are the
    teacher's."""
    prompt: ProjectFile
    """File with the instructions, relative to the project."""


class SplitSettings(Section):
    """How rows are divided. Shares are of videos, not of rows."""

    train: Share
    """Share of the videos that are trained on."""
    valid: Share
    """Share of the videos that choose the best checkpoint."""
    test: Share
    """Share of the videos that the proof is made on, and nothing else."""
    salt: str
    """Change it for another draw; it is recorded with the result."""
    purge_threshold: Share
    """Train rows more similar than this to a held-out question are taken out of train."""
    validation_rows: Positive | None
    """Exact number of validation rows by request; null takes what the shares give."""

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        total = self.train + self.valid + self.test
        if not isclose(total, 1):
            raise ValueError(f"train + valid + test must be 1, got {total:g}")
        if self.train == 0 or self.test == 0:
            raise ValueError("train and test must be above 0: without them nothing can be proven")
        return self


class AugmentSettings(Section):
    """Variants of training rows. Held-out rows are never touched."""

    by: Literal["rules", "teacher"]
    """`rules` reword questions and shorten answers, cost nothing and can do no more; `teacher` has
    the paid model write all kinds. The offline teacher writes by the rules."""
    model: str | None
    """The paid model that writes variants; null for `teacher.model`. Address, key, limits and budget
    are the teacher's."""
    prompt: ProjectFile
    """File with the instructions, relative to the project."""
    paraphrases: Count
    """Question paraphrases per row: casual, neutral and formal ones in turn."""
    share: Share
    """Share of the training rows that get them."""
    short_answers: Share
    """Share of the training rows that get a short variant of their answer."""
    long_answers: Share
    """Share of the training rows that get a longer answer, as far as the transcript supports one:
    rows without a transcript get none. Takes a paid teacher."""
    back_translations: Share
    """Share of the training rows whose question is translated and translated back. Takes a paid
    teacher."""
    pivot_language: str
    """BCP 47: what back-translation goes through; another one than the channel's."""
    replay_file: ProjectFile | None
    """JSONL of general chat rows mixed in against forgetting, relative to the project."""
    replay_share: Share
    """Replay rows per training row."""
    seed: Count
    """Of which rows get variants, and which wording."""


class DatasetSettings(Section):
    """How rows become chat examples."""

    system_prompt: str | None
    """Put before every question in training, evaluation and export alike; null for none."""
