import pytest


@pytest.fixture(autouse=True, scope="session")
def _kernels_of_their_own(tmp_path_factory):
    """Keep generated kernels out of the user's cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLOWLAB_CACHE", str(tmp_path_factory.mktemp("kernels")))
        yield
