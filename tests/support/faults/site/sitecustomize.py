"""On PYTHONPATH, it plants faults into the processes that hold a model."""

from tests.support.faults.planting import install_in_model_process

install_in_model_process()
