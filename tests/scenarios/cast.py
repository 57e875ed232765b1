"""Two breweries, a farm and a recycler at the public doors, and the clock they live by."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.test import Client as Browser
from rest_framework.test import APIClient

from marketplace.models import User
from tests.scenarios.transcripts import Transcript

PLACES = {
    "danube": ("Пивоварна „Дунав“ ООД", "Danube Brewery Ltd", (22.8747, 43.99)),
    "thracia": ("Пивоварна „Тракия“ АД", "Thracia Brewery JSC", (24.7453, 42.1354)),
    "farm": ("Ферма „Огоста“ ЕООД", "Ogosta Farm EOOD", (23.2257, 43.4085)),
    "recycler": ("„Стъклолом“ ООД", "Cullet Ltd", (25.6419, 42.4258)),
}
WHO = {name: english for name, (_bulgarian, english, _place) in PLACES.items()}


class Clock:
    """The time of the story, which its chapters move on."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def __call__(self) -> datetime:
        return self.moment

    def days_later(self, days: int) -> None:
        self.moment += timedelta(days=days)

    @property
    def day(self) -> str:
        return self.moment.date().isoformat()


class Market:
    """The story's people at the public doors."""

    def __init__(self, story: Transcript, clock: Clock, people: dict[str, User]) -> None:
        self.story, self.clock, self.people = story, clock, people
        self.sites: dict[str, str] = {}

    def program(self, name: str) -> APIClient:
        caller = APIClient(HTTP_ACCEPT_LANGUAGE="en")
        caller.force_login(self.people[name])
        return caller

    def browser(self, name: str, language: str = "en") -> Browser:
        visitor = Browser(headers={"accept-language": language})
        visitor.force_login(self.people[name])
        return visitor

    def send(self, name: str, path: str, body: Any, *, told: bool = True, status: int = 201) -> Any:
        """A POST to the API; its body is told unless the story has told its like."""
        if told:
            self.story.request("POST", path, body, who=WHO[name])
        answer = self.program(name).post(path, body, HTTP_IF_MATCH="*")
        assert answer.status_code == status, answer.content
        return answer.json()

    def read(self, name: str, path: str) -> Any:
        answer = self.program(name).get(path)
        assert answer.status_code == 200, answer.content
        return answer.json()
