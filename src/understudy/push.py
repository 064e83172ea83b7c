"""A published dataset on the Hugging Face Hub, where somebody asks for it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from understudy.errors import ConfigError, DataError
from understudy.manifests import MANIFEST, intact, read_manifest

TOKEN = "HF_TOKEN"  # noqa: S105  (its name)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


def push(dataset: Path, name: str, *, public: bool) -> str:
    """Upload what the dataset's manifests list, and nothing else that lies there.

    The repository is made where there is none, private unless `public`. One that is public
    already is refused without it: what was meant for few must not reach everybody by its name.

    Args:
        name: Such as `owner/name`.

    Returns:
        The address of the dataset's page.

    Raises:
        ConfigError: The name is none, or there is no token in the environment.
        DataError: The dataset is not whole, or the Hub refused.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is no name on the Hub: it takes owner/name")
    token = os.environ.get(TOKEN)
    if not token:
        raise ConfigError(
            f"there is no {TOKEN} in the environment: make a token with write access at "
            "huggingface.co/settings/tokens and export it"
        )
    files = _listed(dataset)
    from huggingface_hub import HfApi
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    hub = HfApi(endpoint=os.environ.get("HF_ENDPOINT"), token=token)
    try:
        page = hub.create_repo(name, repo_type="dataset", private=not public, exist_ok=True)
        if not public and not hub.repo_info(name, repo_type="dataset").private:
            raise ConfigError(f"{name} is public on the Hub: say --public, or choose another name")
        hub.upload_folder(
            repo_id=name,
            repo_type="dataset",
            folder_path=dataset,
            allow_patterns=files,
            commit_message=f"Dataset {dataset.name} by understudy",
        )
    except ConfigError:
        raise
    except Exception as error:  # the Hub's and the network's errors share no base class
        raise DataError(
            f"the Hub did not take {name}: {type(error).__name__}: {str(error)[:300]}. Nothing "
            "changed here; the same command tries again"
        ) from error
    return str(page)


def _listed(dataset: Path) -> list[str]:
    """Names of the files that the manifests list, and of the manifests.

    Raises:
        DataError: The dataset is not whole.
    """
    files: list[str] = []
    for name in (MANIFEST, "analysis.manifest.json"):
        manifest = read_manifest(dataset, name=name)
        if manifest is not None and intact(dataset, manifest):
            files += [name, *manifest.files]
        elif name == MANIFEST:
            raise DataError(
                f"the dataset {dataset.name} is not whole: run `understudy build-dataset` again"
            )
    return files
