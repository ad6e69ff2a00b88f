"""What routes ask for: the services, the caller with the scopes they need."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.errors import NoCredentials
from imagewell.faces.kit.asgi import SUBJECT
from imagewell.faces.kit.services import Services


async def services_of(request: Request) -> Services:
    """The runtime the face was made with. Asynchronous, as the framework would hand it to a thread else."""
    services: Services = request.app.state.services
    return services


def subject_of(request: Request) -> Subject:
    """Who the gate found. Raises: NoCredentials where the gate let a request pass without a key."""
    subject: Subject | None = request.scope.get(SUBJECT)
    if subject is None:
        raise NoCredentials
    return subject


def require(*scopes: Scope) -> Any:
    """A dependency: the caller, who has all of `scopes`. Raises: PermissionDenied."""

    async def check(request: Request) -> Subject:
        subject = subject_of(request)
        subject.require(*scopes)
        return subject

    return Depends(check)


Runtime = Annotated[Services, Depends(services_of)]
"""For a route's arguments."""
