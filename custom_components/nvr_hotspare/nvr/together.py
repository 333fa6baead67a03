"""Several calls at the same time."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any


async def together[K, R](calls: Mapping[K, Coroutine[Any, Any, R]]) -> dict[K, R]:
    """Await all of them; the first error ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {key: group.create_task(call) for key, call in calls.items()}
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return {key: task.result() for key, task in tasks.items()}
