"""The application: routes, page and guard put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from eval.report.report import TEMPLATES
from harness.service import api, live_http
from harness.service.guard import Guard
from harness.service.problems import Documented, Problem, response, without_remedy
from harness.service.service import Service

STATIC = Path(__file__).parent / "static"
SHARED = ("report.css", "report_base.js")
ABOUT = (
    "A clip in, its label with probabilities, contributions and reasons out: by the very stages and files of "
    "`run_submission.py`. Every error is an RFC 9457 problem document whose `remedy` names what mends it."
)


def make_app(service: Service) -> FastAPI:
    """The application over a service that is not started yet: it starts and ends with the application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        left = service.runner.start()
        if left:
            print(f"{left} unfinished jobs go on", flush=True)
        yield
        app.state.live.end()
        service.end()

    app = FastAPI(
        title="Emotion recognition service",
        version="1",
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    app.state.live = live_http.LiveJudging(service.engine)
    app.include_router(api.router, prefix="/v1")
    app.include_router(live_http.router, prefix="/v1")
    app.include_router(api.router, include_in_schema=False)
    for address, name in (("/", "page.html"), ("/live", "live.html"), ("/docs", "docs.html")):
        app.add_api_route(address, _file(STATIC / name), include_in_schema=False, response_model=None)
    for name in SHARED:  # the report's own style and helpers, so that both pages look and behave alike
        app.add_api_route(f"/report/{name}", _file(TEMPLATES / name), include_in_schema=False, response_model=None)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(Documented)
    app.add_middleware(Guard, settings=service.settings)
    return app


def _file(path: Path) -> Callable[[], FileResponse]:
    def file() -> FileResponse:
        return FileResponse(path)

    return file


def _refused(request: Request, fault: Exception) -> Response:
    """A refusal as a problem document."""
    assert isinstance(fault, HTTPException)
    status, detail = fault.status_code, str(fault.detail)
    answer: Response = (
        response(status, fault.kind, detail, fault.remedy, fault.headers)
        if isinstance(fault, Problem)
        else without_remedy(status, detail, fault.headers)
    )
    return answer


def _invalid(request: Request, fault: Exception) -> Response:
    """A form that does not fit, field by field."""
    assert isinstance(fault, RequestValidationError)
    said = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in fault.errors())
    answer: Response = response(422, "form", said or "the form does not fit", "see /docs for the fields")
    return answer


def _failed(request: Request, fault: Exception) -> Response:
    """A fault of ours: told without its words, which may hold paths; the log has them."""
    answer: Response = response(500, "fault", "the service failed on this request", "its log says where; send it again")
    return answer
