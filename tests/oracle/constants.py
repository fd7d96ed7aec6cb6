"""The constants of a solver, with what is known of them."""

from oracle.formulas import Formula, between, letters
from oracle.texts import Unknown


class Constants:
    """Constants that formulas are about, declared as they are first asked for.

    Attributes:
        declared: their sorts.
        constraints: what is known of them.
        exact: whether they can be all that there is. Where they cannot, what a solver finds is still real, but what it
            does not find is no news.
    """

    def __init__(self) -> None:
        self.declared: dict[str, str] = {}
        self.constraints: list[Formula] = []
        self.exact = True

    def fact(self, name: str) -> Formula:
        """Return a constant that is true or false."""
        self.declared[name] = "Bool"
        return name

    def unknown(self, name: str, alphabet: str = "", *, form: str | None = None, least: int = 0) -> Unknown:
        """Return a text to choose.

        Args:
            name: of the constant.
            alphabet: its letters; empty for all.
            form: the regular expression it has to match, in place of the alphabet's own.
            least: how many letters at least, where there is no form.
        """
        if name not in self.declared:
            self.declared[name] = "String"
            if form is None and alphabet:
                form = f"({'re.+' if least else 're.*'} {letters(alphabet)})"
            if form is not None:
                self.constraints.append(f"(str.in_re {name} {form})")
            elif least:
                self.constraints.append(f'(not (= {name} ""))')
        return Unknown(name, alphabet)

    def whole(self, name: str, low: int, high: int) -> str:
        """Return a whole number to choose."""
        if name not in self.declared:
            self.declared[name] = "Int"
            self.constraints.append(between(name, low, high))
        return name

    def restrict(self, constraint: Formula) -> None:
        """Look only at requests of which this is true, though there are others."""
        self.exact = False
        if constraint not in self.constraints:
            self.constraints.append(constraint)
