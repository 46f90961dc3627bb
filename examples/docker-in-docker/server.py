"""A greeting over HTTP: GET /?name=… on port 8744."""

import asyncio
import signal

import tornado.web

PORT = 8744


class Greeting(tornado.web.RequestHandler):
    """Greets whoever asks."""

    def get(self):
        name = self.get_query_argument("name", "world")
        self.write({"greeting": f"Hello, {name}!"})


class Health(tornado.web.RequestHandler):
    """For whoever watches."""

    def get(self):
        self.write("ok\n")


def make_app():
    """All addresses that the service answers."""
    return tornado.web.Application([("/", Greeting), ("/health", Health)])


async def main():
    """Serves until it is asked to end."""
    # As a container's first process Python would take no notice of SIGTERM.
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    make_app().listen(PORT)
    print(f"listening on port {PORT}", flush=True)
    await end.wait()


if __name__ == "__main__":
    asyncio.run(main())
