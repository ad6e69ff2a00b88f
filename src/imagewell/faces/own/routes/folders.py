"""Folders of the library, by path."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.paging import After, Limit, PageOf, next_of, page_request
from imagewell.faces.own.routes.common import answer, errors
from imagewell.faces.own.wire.folders import FolderMove, FolderOut, NewFolder, folder_out

router = APIRouter(prefix="/v1/folders", tags=["Folders"])
Reader = Annotated[Subject, require(Scope.folders_read)]
Writer = Annotated[Subject, require(Scope.folders_write, Scope.folders_read)]
Mover = Annotated[Subject, require(Scope.folders_write, Scope.folders_read, Scope.assets_write)]
FolderPath = Annotated[str, Path(description="Without the first slash.", examples=["shoes/summer"])]


@router.get("", response_model=PageOf[FolderOut], responses=errors())
async def list_folders(
    services: Runtime,
    subject: Reader,
    limit: Limit = 50,
    after: After = None,
    parent: Annotated[str, Query(max_length=1024, description="Those that lie directly in it.")] = "/",
    sort: Literal["name", "-name", "created_at", "-created_at"] = "name",
) -> Response:
    """Folders that lie in `parent`, by name."""
    page = await services.assets.folders.list(subject, page_request(limit, after, sort), parent=parent)
    return answer(PageOf[FolderOut](data=[folder_out(folder) for folder in page.items], next=next_of(page.next)))


@router.post("", status_code=201, response_model=FolderOut, responses=errors(409))
async def create_folder(order: NewFolder, services: Runtime, subject: Writer) -> Response:
    """Make a folder, and those above it where they are missing."""
    return answer(folder_out(await services.assets.folders.create(subject, order.path)), 201)


@router.get("/{path:path}", response_model=FolderOut, responses=errors(404))
async def get_folder(path: FolderPath, services: Runtime, subject: Reader) -> Response:
    """One folder."""
    return answer(folder_out(await services.assets.folders.get(subject, "/" + path)))


@router.patch("/{path:path}", response_model=FolderOut, responses=errors(404, 409))
async def move_folder(path: FolderPath, change: FolderMove, services: Runtime, subject: Mover) -> Response:
    """Rename or move a folder with everything below it."""
    return answer(folder_out(await services.assets.folders.move(subject, "/" + path, change.path)))


@router.delete("/{path:path}", status_code=204, response_class=Response, responses=errors(404))
async def delete_folder(path: FolderPath, services: Runtime, subject: Mover) -> Response:
    """Delete a folder with everything below it, at once."""
    await services.assets.folders.delete(subject, "/" + path)
    return Response(status_code=204)
