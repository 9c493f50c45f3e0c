"""Serve the simulator from the command line until it is stopped."""

import argparse
import asyncio
import signal

from simulator.faults import Faults
from simulator.limits import Limits
from simulator.server import Simulator
from simulator.state import REMEMBERED


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081, help="0 takes a free one")
    parser.add_argument("--token", default="123456:TEST")
    parser.add_argument("--limits", action="store_true", help="answer 429 as Telegram does")
    parser.add_argument("--strict", action="store_true", help="check against aiogram's models")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds of a round trip")
    parser.add_argument(
        "--webhook-latency", type=float, default=0.0, help="more seconds for webhook posts"
    )
    parser.add_argument("--keep-messages", type=int, default=None, help="per chat")
    parser.add_argument(
        "--remembered", type=int, default=REMEMBERED, help="sends and taps kept in memory"
    )
    return parser.parse_args()


async def serve(options: argparse.Namespace) -> None:
    """Run the server until SIGINT or SIGTERM."""
    faults = Faults(latency=options.latency)
    if options.webhook_latency:
        faults.set("webhook", "latency", seconds=options.webhook_latency)
    simulator = Simulator(
        options.token,
        strict=options.strict,
        limits=Limits() if options.limits else None,
        faults=faults,
        keep_messages=options.keep_messages,
        remembered=options.remembered,
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await simulator.start(options.host, options.port)
    print(simulator.url, flush=True)
    await stopped.wait()
    await simulator.stop()


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
