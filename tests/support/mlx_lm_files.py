"""Shapes of mlx-lm training files that people wrote and that did something else (FACTS 14)."""

FLAT = "model: m\nlora_rank: 6\nlora_alpha: 12\nlora_dropout: 0.1\nuse_dora: true\n"
HYPHENATED = "model: m\nlora-rank: 6\nlearning-rate: 2.0e-5\nlora-parameters: {rank: 4}\n"
TEXT = "model: m\nlearning_rate: '1e-5'\nmask_prompt: 'false'\nbatch_size: '2'\n"
BOTH = "lora_rank: 16\nlora_parameters: {rank: 8, scale: 20.0, dropout: 0.0}\n"
SECTION = "model: m\nlora-parameters: {rank: '6', alpha: 8, scale: 16.0, dropout: 0.1}\n"
SHAPES = (FLAT, HYPHENATED, TEXT, BOTH, SECTION)
