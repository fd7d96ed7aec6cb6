"""`POST /sns`: where SNS delivers. It is there only when topics are expected."""

import logging
from http import HTTPStatus
from typing import Final

from sekisho.api import HttpRequest, HttpResponse, OpenRoute
from sekisho.collectors.events import NotNowError, RefusedError, SnsIntake, Take

logger = logging.getLogger("sekisho.server.sns")

PATH: Final = "/sns"


def sns_route(intake: SnsIntake, take: Take) -> OpenRoute:
    """Return the route. Who posts what is not SNS's hears that it is refused, and the log why.

    SNS gives up at a 403 and comes again after a 503.

    Source: Amazon SNS Developer Guide, "Amazon SNS message delivery retries".
    """

    def receive(request: HttpRequest) -> HttpResponse:
        is_raw = any(value.strip().lower() == "true" for value in request.header_values("x-amz-sns-rawdelivery"))
        try:
            intake.receive(request.body, take, is_raw=is_raw)
        except RefusedError as error:
            logger.info("message of SNS refused", extra={"fields": {"client": request.client, "reason": str(error)}})
            return _answer(HTTPStatus.FORBIDDEN)
        except NotNowError:
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE)
        return _answer(HTTPStatus.OK)

    return OpenRoute("sns", "POST", PATH, receive)


def _answer(status: HTTPStatus) -> HttpResponse:
    return HttpResponse(status, {}, b"{}")
