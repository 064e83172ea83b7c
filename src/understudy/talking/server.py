"""`mlx_lm.server` with one run: `python -m understudy.talking.server SPEC`.

Two things are ours. The server would render with the base's template alone, so it
is given the one that training used. And it would load, and even fetch, any model
that a request names, and any web page that is open in a browser can send one; so
here a name loads nothing.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

from mlx_lm import server
from mlx_lm.utils import load_tokenizer

from understudy.models import NO_FOREIGN_CODE
from understudy.talking.serving import ServeSpec
from understudy.training.chat import ChatFormat
from understudy.training.trained_template import trained_template


class OneModel(server.ModelProvider):
    """Always the model and adapter of the command line."""

    def load(
        self,
        model_path: Any,  # noqa: ARG002  (the server's shape)
        adapter_path: Any = None,  # noqa: ARG002
        draft_model_path: Any = None,  # noqa: ARG002
    ) -> Any:
        """Return it, loaded once."""
        return super().load("default_model", None, "default_model")


def arguments(spec: ServeSpec) -> list[str]:
    """The server's own command line.

    Raises:
        BaseModelError: The base has no chat template.
    """
    tokenizer: Any = load_tokenizer(spec.base, NO_FOREIGN_CODE)
    chat = ChatFormat(tokenizer)
    options = {
        "--model": str(spec.base),
        "--adapter-path": str(spec.adapter),
        "--host": "127.0.0.1",
        "--port": str(spec.port),
        "--max-tokens": str(spec.max_tokens),
        "--allowed-origins": f"http://127.0.0.1:{spec.port}",
        "--log-level": "WARNING",
    }
    if isinstance(template := tokenizer.chat_template, str):
        options["--chat-template"] = trained_template(
            template, system_prompt=spec.system_prompt, folds_system=chat.folds_system
        )
    return [word for option in options.items() for word in option]


def main() -> None:
    """Serve until the process is stopped."""
    spec = ServeSpec.model_validate_json(sys.argv[1])
    server.ModelProvider = OneModel
    sys.argv = [sys.argv[0], *arguments(spec)]
    with warnings.catch_warnings():  # not for the open network, it says; and it is not there
        warnings.filterwarnings("ignore", "mlx_lm.server is not recommended")
        server.main()


if __name__ == "__main__":
    main()
