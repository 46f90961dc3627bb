"""What the service answers."""

import json

from tornado.testing import AsyncHTTPTestCase

from server import make_app


class ServerTest(AsyncHTTPTestCase):
    def get_app(self):
        return make_app()

    def greeting(self, address):
        answer = self.fetch(address)
        self.assertEqual(answer.code, 200)
        return json.loads(answer.body)["greeting"]

    def test_greets_the_world(self):
        self.assertEqual(self.greeting("/"), "Hello, world!")

    def test_greets_by_name(self):
        self.assertEqual(self.greeting("/?name=GitLab"), "Hello, GitLab!")

    def test_is_healthy(self):
        self.assertEqual(self.fetch("/health").body, b"ok\n")

    def test_knows_no_other_address(self):
        self.assertEqual(self.fetch("/nowhere").code, 404)
