"""Which kernels OpenBLAS is told to take."""

from __future__ import annotations

import pytest

from understudy.blas import blas_name, fastest_kernels, kernels

AVX2 = "fpu sse2 ssse3 fma avx avx2"
AVX512 = f"{AVX2} avx512f avx512dq avx512cd avx512bw avx512vl"


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        (f"processor\t: 0\nflags\t\t: {AVX512} amx_tile\n\nprocessor\t: 1\n", "SkylakeX"),
        (f"processor\t: 0\nflags\t\t: {AVX2}\n", "Haswell"),
        (f"flags : {AVX2} avx512f\n", "Haswell"),
        ("flags : fpu sse2 avx\n", None),
        ("processor : 0\nFeatures : fp asimd sve\n", None),
        ("", None),
    ],
    ids=["avx512", "avx2", "some of avx512", "old", "arm", "unknown"],
)
def test_a_processor_is_told_by_what_it_can_do(cpuinfo, expected):
    assert fastest_kernels(cpuinfo) == expected


def test_what_the_person_says_stays(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")

    assert kernels() == {"OPENBLAS_CORETYPE": "Zen"}


def test_the_name_in_a_run_s_metadata_has_the_kernels(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("understudy.blas.fast_blas", lambda: "libblas.so.3")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")

    assert blas_name() == "openblas Zen"
