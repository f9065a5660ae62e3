"""The HTTP interface below `/v1`; the same without a version, as public projects of this kind name it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from harness.faults import ClipError
from harness.service.guard import cookie_of
from harness.service.jobs import Job
from harness.service.problems import Problem
from harness.service.service import Service, Wanted
from harness.service.watch import WatchedRun
from harness.service.work import Full

LOOK = 0.1
"""Seconds between two looks at a job that is waited for."""
BEAT = 15.0
"""Seconds after which an event stream without news says that it is alive."""

router = APIRouter()


def service_of(request: Request) -> Service:
    """The service that a request is for."""
    service: Service = request.app.state.service
    return service


def job_of(job_id: str, request: Request) -> Job:
    """The job of an address; a problem where there is none."""
    job = service_of(request).folders.get(job_id)
    if job is None or job.state == "erased":
        raise Problem(404, "no-job", "there is no such job", "POST /v1/infer makes one")
    return job


TheService = Annotated[Service, Depends(service_of)]
TheJob = Annotated[Job, Depends(job_of)]


@router.get("/health", tags=["service"], summary="Is it working, and how much waits?")
async def health(service: TheService) -> dict[str, Any]:
    """Queued and running jobs, room in the queue, workers; `degraded` when a worker thread is gone."""
    return service.runner.figures()


@router.get("/ping", tags=["service"], summary="Is anybody there?")
async def ping() -> dict[str, str]:
    """Answers at once."""
    return {"ping": "pong"}


async def upload_of(
    request: Request,
    service: TheService,
    file: Annotated[UploadFile, File(description="the clip: any sound or video file; its kind is told by its content")],
    transcript: Annotated[UploadFile | None, File(description="srt, vtt, ass, lrc or txt")] = None,
    language: Annotated[Literal["zh", "en", ""], Form(description="where it is known")] = "",
    sample_frames: Annotated[int | None, Form(ge=8, le=3000, description="look at so many pictures at most")] = None,
    profile: Annotated[str, Form(description="must be the profile that is served; empty for that")] = "",
) -> Job:
    """Store an upload and put it in line."""
    wanted = Wanted(file.filename or "clip", language or None, sample_frames, profile)
    try:
        return await run_in_threadpool(
            service.admit,
            file.file,
            wanted,
            (transcript.filename or "", transcript.file) if transcript is not None else None,
        )
    except ClipError as fault:
        raise Problem(415, "no-clip", fault.message, fault.remedy) from None
    except Full as full:
        remedy = f"send it again after {full.seconds} s"
        raise Problem(429, "queue-full", "the queue is full", remedy, {"Retry-After": str(full.seconds)}) from None


TheUpload = Annotated[Job, Depends(upload_of)]


async def waited_for(job: Job, service: Service, request: Request) -> Job | None:
    """The job once it is over; None when it takes longer than a request is held, or the client has gone."""
    loop = asyncio.get_running_loop()
    until = loop.time() + service.settings.wait_seconds
    while service.runner.is_active(job.id):
        if loop.time() > until or await request.is_disconnected():
            return None
        await asyncio.sleep(LOOK)
    return await run_in_threadpool(service.folders.get, job.id)


@router.post("/infer", tags=["clips"], summary="Judge a clip", status_code=202)
async def infer(request: Request, service: TheService, job: TheUpload, wait: bool = False) -> JSONResponse:
    """The job; with `wait=true` the job with its result (200), unless it takes too long (202)."""
    over = await waited_for(job, service, request) if wait else None
    shown = over or job
    described = await run_in_threadpool(service.runner.described, shown)
    return JSONResponse(described, 200 if over else 202, {"Location": f"/v1/jobs/{job.id}"})


@router.post("/infer/predict", tags=["clips"], summary="Judge a clip and wait for its label")
async def predict(request: Request, service: TheService, job: TheUpload) -> JSONResponse:
    """Label, probabilities of all classes, contributions, status and reasons."""
    over = await waited_for(job, service, request)
    at = f"/v1/jobs/{job.id}"
    if over is None:
        raise Problem(504, "slow", "the clip takes longer than a request is held", f"GET {at}", {"Location": at})
    if over.state != "finished":
        raise Problem(500, "failed", over.problem or "the job was erased", over.remedy, {"Location": at})
    described = await run_in_threadpool(service.runner.described, over)
    return JSONResponse({"id": job.id, "name": job.name} | described["result"], headers={"Location": at})


@router.get("/jobs", tags=["jobs"], summary="The latest jobs")
def jobs(service: TheService) -> list[dict[str, Any]]:
    """The newest first, without their stages."""
    kept = ("id", "name", "created", "state")
    return [{name: getattr(job, name) for name in kept} for job in service.folders.recent(100) if job.state != "erased"]


@router.get("/jobs/{job_id}", tags=["jobs"], summary="State, stage, progress, result")
def job(job: TheJob, service: TheService) -> dict[str, Any]:
    """What is known of a job now."""
    return service.runner.described(job)


@router.get("/jobs/{job_id}/events", tags=["jobs"], summary="The same as server-sent events, at every change")
async def events(job: TheJob, service: TheService, request: Request) -> StreamingResponse:
    """Events `job`, each with the job as JSON; the last one has state `finished` or `failed`."""
    return StreamingResponse(_events(job.id, service, request), media_type="text/event-stream")


async def _events(job_id: str, service: Service, request: Request) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    said, beat = "", loop.time()
    while not await request.is_disconnected():
        job = await run_in_threadpool(service.folders.get, job_id)
        if job is None or job.state == "erased":
            yield 'event: erased\ndata: {"state":"erased"}\n\n'
            return
        text = json.dumps(await run_in_threadpool(service.runner.described, job), ensure_ascii=False)
        if text != said:
            said, beat = text, loop.time()
            yield f"event: job\ndata: {text}\n\n"
        elif loop.time() - beat > BEAT:
            beat = loop.time()
            yield ": alive\n\n"
        if job.over:
            return
        await asyncio.sleep(3 * LOOK)


@router.get("/jobs/{job_id}/story", tags=["jobs"], summary="The whole story of the clip")
def story(job: TheJob, service: TheService) -> FileResponse:
    """What was perceived, asked, said, parsed and pooled: the file that a run writes."""
    path = service.story(job)
    if path is None:
        raise Problem(
            409, "unfinished", f"the job is {job.state}", f"GET /v1/jobs/{job.id}/events says when it is done"
        )
    return FileResponse(path, media_type="application/json")


@router.get("/jobs/{job_id}/page/", include_in_schema=False)
def page(job: TheJob, service: TheService) -> HTMLResponse:
    """The report's page over the job's run."""
    return HTMLResponse(service.site(job).page(), headers={"Content-Security-Policy": "frame-ancestors 'self'"})


@router.get("/jobs/{job_id}/page/{kind}/{name}", include_in_schema=False)
def page_file(job: TheJob, kind: str, name: str, service: TheService) -> FileResponse:
    """The clip or the story behind the report's page."""
    return file_answer(service.site(job).file(kind, name) if kind in ("story", "clip") else None)


def file_answer(path: Path | None) -> FileResponse:
    """A file, whole or the stretch that was asked for."""
    if path is None:
        raise Problem(404, "no-file", "there is no such file")
    return FileResponse(path)


def run_of(service: TheService) -> WatchedRun:
    """The run that is watched; a problem where there is none."""
    if service.watched is None:
        raise Problem(404, "no-run", "no run is watched", "start the service with --watch DIR")
    return service.watched


TheRun = Annotated[WatchedRun, Depends(run_of)]


@router.get("/watch", tags=["run"], summary="How far is the run that is watched?")
def watch(service: TheService) -> dict[str, Any]:
    """Clips begun and finished, the latest with label, status and reason; `watched` is false without `--watch`."""
    return service.watched.state() if service.watched is not None else {"watched": False}


@router.get("/watch/page/", include_in_schema=False)
def watch_page(run: TheRun) -> HTMLResponse:
    """The report's page over the run."""
    return HTMLResponse(run.site.page(), headers={"Content-Security-Policy": "frame-ancestors 'self'"})


@router.get("/watch/page/{kind}/{name}", include_in_schema=False)
def watch_file(run: TheRun, kind: str, name: str) -> FileResponse:
    """A clip or a story of the run."""
    return file_answer(run.site.file(kind, name) if kind in ("story", "clip") else None)


@router.delete("/jobs/{job_id}", tags=["jobs"], summary="Erase everything of the clip", status_code=204)
def erase(job: TheJob, service: TheService) -> None:
    """Clip, transcript, records and story; of a job under way as soon as its stage ends."""
    service.runner.erase(job.id)


@router.post("/session", include_in_schema=False)
async def session(request: Request, service: TheService, token: Annotated[str, Form()]) -> JSONResponse:
    """A cookie for the page, for who knows the token."""
    import hmac

    wanted = service.settings.token
    if wanted is None or not hmac.compare_digest(token.encode(), wanted.encode()):
        raise Problem(401, "token", "that is not the token", "ask whoever runs the service")
    answer = JSONResponse({"session": "open"})
    secure = request.url.scheme == "https"
    answer.set_cookie("session", cookie_of(wanted), httponly=True, samesite="strict", secure=secure)
    return answer
