import pytest

from sekisho.api.errors import ApiError
from sekisho.api.identity import Role
from sekisho.api.model import operation_models
from sekisho.api.roles import LEAST_ROLES, READS, check_role, least_role


def test_every_operation_is_a_read_or_is_listed_with_its_role() -> None:
    reads = {name for name in operation_models() if name.startswith(READS)}

    assert reads | set(LEAST_ROLES) == set(operation_models())
    assert not reads & set(LEAST_ROLES)


@pytest.mark.parametrize("name", operation_models())
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_lesser_roles_may(name: str, role: Role) -> None:
    order = list(Role)
    if order.index(role) >= order.index(least_role(name)):
        check_role(name, role)
        return
    with pytest.raises(ApiError) as caught:
        check_role(name, role)
    assert (caught.value.code, caught.value.status) == ("AccessDeniedException", 403)


def test_what_is_new_and_no_read_is_for_admins() -> None:
    assert least_role("ExplodeAnalyzer") is Role.ADMIN
    assert least_role("GetSomethingNew") is Role.READER
