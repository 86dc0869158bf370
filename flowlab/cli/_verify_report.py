"""What ``flowlab verify --report`` does beside verifying: tightness, certificates, and the page."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowlab.verify import Certificate, Claim, TightnessMap, Verdict

    Found = tuple[Claim, Verdict, TightnessMap | None]

NAME = "index.html"


def place(folder: Path) -> Path:
    """Return where the page goes; refuse to replace a page that is not one of ours.

    Raises
    ------
    ValueError
        If another page is there, or nothing can be written there.
    """
    from flowlab._files import cannot_write
    from flowlab.verify.report import is_report

    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        known = not path.exists() or (path.is_file() and is_report(path.read_text(encoding="utf-8", errors="replace")))
    except OSError as error:
        raise cannot_write("report", folder, error) from error
    if not known:
        raise ValueError(
            f"report: got {str(folder)!r}, whose {NAME} flowlab verify did not write; allowed: another folder"
        )
    return path


def checked(paths: "tuple[Path, ...]", claims: "list[Claim]") -> "list[Certificate]":
    """Return the certificates in these files, every cell of them verified anew.

    Raises
    ------
    ValueError
        If a file is no certificate of one of these claims, or does not prove what it says.
    """
    from flowlab.verify import Certificate

    known = {claim.id: claim for claim in claims}
    found = []
    for path in paths:
        certificate = Certificate.load(path)
        if certificate.id not in known:
            raise ValueError(
                f"certificate: got {str(path)!r}, which is for {certificate.id}; allowed: a claim on the page"
            )
        certificate.check(known[certificate.id])
        found.append(certificate)
    return found


def certificates_of(claim: "Claim", given: "Sequence[Certificate]") -> "tuple[Certificate, ...]":
    """Return the certificates of a claim: those that come with the package, and those given."""
    from flowlab.claims import certified, own

    ours = [] if own.file_of(claim) else certified.certificates(claim.id)
    return (*ours, *(each for each in given if each.id == claim.id and each not in ours))


def write(path: Path, found: "list[Found]", certificates: "list[Certificate]", *, about: str) -> None:
    """Write the page, whole or not at all; with the certificates given, and those that come with the package.

    Raises
    ------
    ValueError
        If it cannot be written.
    """
    from flowlab._files import written
    from flowlab.claims.gissin2020.statements import STATEMENTS
    from flowlab.verify.report import Entry, page

    entries = []
    for claim, verdict, tight in found:
        entries.append(Entry(claim, verdict, tight, certificates_of(claim, certificates)))
    with written(path, name="report") as (beside,):
        beside.write_text(page(entries, about=about, statements=STATEMENTS), encoding="utf-8", newline="\n")
