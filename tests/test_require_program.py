from collections.abc import Callable

import pytest


def test_a_program_that_is_there_gives_its_path(require_program: Callable[[str], str]) -> None:
    """A program on the PATH is answered with its path."""
    assert require_program("sh").endswith("/sh")


@pytest.mark.parametrize(("required", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_a_missing_program_skips_here_and_fails_in_ci(
    required: str, outcome: type[BaseException], require_program: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the variable the test is skipped, with it the test fails; both name the program."""
    monkeypatch.setenv("STILLWATCH_REQUIRE_SYSTEM_PACKAGES", required)
    with pytest.raises(outcome, match="no-such-program"):
        require_program("no-such-program")
