"""What turns a raised refusal into an answer, around any plain handler. It knows no framework: pictures go by here."""

from __future__ import annotations

from imagewell.faces.kit.asgi import Handler, Message, Receive, Scope, Send
from imagewell.faces.kit.errors import ErrorTable


class Refusals:
    """Answers with the face's words whatever is raised below, the framework's own handlers included."""

    def __init__(self, app: Handler, table: ErrorTable) -> None:
        self.app = app
        self.table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        started = finished = False

        async def sending(message: Message) -> None:
            nonlocal started, finished
            started = started or message["type"] == "http.response.start"
            finished = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            if finished:
                # The framework's error layer answered in our words, and raised again for a server that would log it.
                return
            if started:
                # Too late for words: the server cuts the connection, so that nobody takes a part for the whole.
                raise
            await self.table.send(scope, send, error)
