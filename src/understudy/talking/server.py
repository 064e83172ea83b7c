"""`mlx_lm.server` with one run: `python -m understudy.talking.server SPEC`.

Three things are ours. The server would render with the base's template alone, so it
is given the one that training used. It would load, and even fetch, any model that a
request names, and any web page that is open in a browser can send one; so here a name
loads nothing. And it would list the models of the user's Hugging Face cache, none of
which it serves here, and fail where there is no cache; so it lists the run.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from functools import partial
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


def listing(run: str) -> type[server.APIHandler]:
    """A handler whose list of models names one run."""

    class Handler(server.APIHandler):
        def handle_models_request(self) -> None:
            """Answer `GET /v1/models`."""
            models = [{"id": run, "object": "model", "created": self.created}]
            self._set_completion_headers(200)
            self.end_headers()
            self.wfile.write(json.dumps({"object": "list", "data": models}).encode())

    return Handler


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
    start = server._run_http_server  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    handler = listing(spec.adapter.name)  # which `main` takes from nobody
    server._run_http_server = partial(start, handler_class=handler)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    sys.argv = [sys.argv[0], *arguments(spec)]
    with warnings.catch_warnings():  # not for the open network, it says; and it is not there
        warnings.filterwarnings("ignore", "mlx_lm.server is not recommended")
        server.main()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(
        0
    )  # mlx aborts a usual end on a CPU: the thread that answered leaves a stream of its own
