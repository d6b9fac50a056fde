"""A stage of Layerline in another language: a fixed random layer that is never trained (a reservoir).

    layerline node --program "reservoir=python3 reservoir.py"
    layerline train --layers 500,200,500 --programs layer-2=reservoir …

It turns rows [n, inputs] into rows [n, units] and passes everything else on, as docs/protocol.md says in its chapter on
stages. Nothing but Python's standard library is needed. From bottom to top of what a stage has to speak: MessagePack,
WebSocket, frames, credits, and the messages of its node.
"""

import array
import asyncio
import base64
import hashlib
import hmac
import json
import math
import operator
import os
import random
import signal
import ssl
import struct
import sys
import tempfile

SUBPROTOCOL = "layerline-link.2"
PATH = "/link"
DEADLINE_S = 10
PING_INTERVAL_S = 1
PATIENCE = 15
MAX_CREDIT_BYTES = 1024
MAX_HEADER_BYTES = 256 * 1024


class Failure(Exception):
    """What the coordinator is told before the stage ends."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def lost(peer, why):
    return Failure("ERR_CONNECTION_LOST", f"Lost the connection with {peer}: {why}")


# --- MessagePack: the types that headers and credits have. Integers are not negative; from 2³² on they go as float 64 ---


def pack(value):
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        if value >= 2**32:
            return pack(float(value))
        return bytes([value]) if value < 128 else struct.pack(">BI", 0xCE, value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, str):
        text = value.encode()
        return struct.pack(">BH", 0xDA, len(text)) + text
    if isinstance(value, list):
        return struct.pack(">BH", 0xDC, len(value)) + b"".join(map(pack, value))
    return struct.pack(">BH", 0xDE, len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())


NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q"}
NUMBERS |= {0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
LENGTHS = {0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I", 0xDE: ">H", 0xDF: ">I"}


def unpack(data):
    """The value that `data` is the whole of."""
    at = 0

    def take(count):
        nonlocal at
        if at + count > len(data):
            raise Failure("ERR_PROTOCOL", "A message in MessagePack is cut short")
        at += count
        return data[at - count : at]

    def number(form):
        return struct.unpack(form, take(struct.calcsize(form)))[0]

    def value(depth):
        if depth > 16:
            raise Failure("ERR_PROTOCOL", "A message in MessagePack is too deep")
        kind = take(1)[0]
        if kind < 0x80:
            return kind
        if kind >= 0xE0:
            return kind - 0x100
        if kind in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[kind]
        if kind in NUMBERS:
            return number(NUMBERS[kind])
        if 0xA0 <= kind < 0xC0 or kind in (0xD9, 0xDA, 0xDB):
            return str(take(kind & 0x1F if kind < 0xC0 else number(LENGTHS[kind])), "utf-8")
        if 0x90 <= kind < 0xA0 or kind in (0xDC, 0xDD):
            return [value(depth + 1) for _ in range(kind & 0x0F if kind < 0xA0 else number(LENGTHS[kind]))]
        if kind < 0x90 or kind in (0xDE, 0xDF):
            length = kind & 0x0F if kind < 0x90 else number(LENGTHS[kind])
            return {value(depth + 1): value(depth + 1) for _ in range(length)}
        raise Failure("ERR_PROTOCOL", f"A message in MessagePack has the unknown type {kind:#x}")

    found = value(0)
    if at != len(data):
        raise Failure("ERR_PROTOCOL", "A message in MessagePack is followed by something")
    return found


# --- WebSocket (RFC 6455) ---------------------------------------------------------------------------------------------

CONTINUATION, BINARY, CLOSE, PING, PONG = 0x0, 0x2, 0x8, 0x9, 0xA
NORMAL, PROTOCOL_ERROR = 1000, 1002


def accept_of(key):
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


class Socket:
    """Either end of a WebSocket. Whoever dialled masks what it sends."""

    def __init__(self, reader, writer, peer, dialled, most):
        self.reader, self.writer, self.peer, self.dialled, self.most = reader, writer, peer, dialled, most
        self.closed_with = None
        self.closing = False
        self.sign_of_life = lambda opcode: None

    async def send(self, opcode, data):
        mask = 0x80 if self.dialled else 0
        size = len(data)
        if size < 126:
            head = struct.pack(">BB", 0x80 | opcode, mask | size)
        elif size < 65536:
            head = struct.pack(">BBH", 0x80 | opcode, mask | 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, mask | 127, size)
        if self.dialled:
            key = os.urandom(4)
            head += key
            data = masked(data, key)
        try:
            self.writer.write(head + data)
            await self.writer.drain()
        except OSError as error:
            raise lost(self.peer, error) from error

    async def receive(self):
        """The next message, or None when the peer has closed. Pings are answered on the way."""
        parts = []
        while True:
            try:
                final, opcode, data = await self._frame(self.most - sum(map(len, parts)))
            except (OSError, asyncio.IncompleteReadError) as error:
                raise lost(self.peer, "it hung up") from error
            if opcode == PING:
                await self.send(PONG, data)
            if opcode in (PING, PONG):
                self.sign_of_life(opcode)
            elif opcode == CLOSE:
                self.closed_with = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else 1005
                if not self.closing:
                    await self.send(CLOSE, data)
                self.writer.close()
                return None
            elif opcode == (CONTINUATION if parts else BINARY):
                parts.append(data)
                if final:
                    return b"".join(parts)
            else:
                raise Failure("ERR_PROTOCOL", f"{self.peer} sent a WebSocket frame of type {opcode} out of place")

    async def _frame(self, most):
        first, second = await self.reader.readexactly(2)
        size = second & 0x7F
        if size > 125:
            form = ">H" if size == 126 else ">Q"
            size = struct.unpack(form, await self.reader.readexactly(struct.calcsize(form)))[0]
        if first & 0x70 or bool(second & 0x80) == self.dialled or size > max(most, 125):
            raise Failure("ERR_PROTOCOL", f"{self.peer} sent a WebSocket frame that is not allowed, of {size} bytes")
        key = await self.reader.readexactly(4) if second & 0x80 else None
        data = await self.reader.readexactly(size)
        return bool(first & 0x80), first & 0x0F, data if key is None else masked(data, key)

    async def close(self, code):
        """Hangs up, and waits for the peer to do the same."""
        self.closing = True
        await self.send(CLOSE, struct.pack(">H", code))
        while await self.receive() is not None:
            pass


def masked(data, key):
    pattern = (key * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data, "little") ^ int.from_bytes(pattern, "little")).to_bytes(len(data), "little")


async def read_head(reader):
    """The first line and the headers of a request or an answer."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    return first, {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


async def dial(address, fingerprint, ticket, peer, most):
    scheme, _, place = address.partition("://")
    host, _, port = place.rpartition(":")
    context = None
    if scheme == "wss":
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        # Nobody vouches for the certificate, so what vouches for it is compared below.
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port), ssl=context)
        if context is not None:
            certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            if hashlib.sha256(certificate).hexdigest() != fingerprint:
                writer.close()
                raise Failure("ERR_UNTRUSTED_SERVER", f"{peer} at {address} shows another certificate than it should")
        key = base64.b64encode(os.urandom(16)).decode()
        head = f"GET {PATH} HTTP/1.1\r\nHost: {place}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        head += f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n"
        writer.write(f"{head}Authorization: Bearer {ticket}\r\n\r\n".encode())
        status, headers = await read_head(reader)
        if status.split(" ")[1] != "101":
            reason = await reader.read(500)
            raise lost(peer, f"it answered {status}: {reason.decode(errors='replace')}")
    except (OSError, asyncio.IncompleteReadError) as error:
        raise lost(peer, f"dialling {address}: {error}") from error
    if headers.get("sec-websocket-accept") != accept_of(key) or headers.get("sec-websocket-protocol") != SUBPROTOCOL:
        raise Failure("ERR_PROTOCOL", f"{peer} does not speak {SUBPROTOCOL}")
    return Socket(reader, writer, peer, True, most)


class Waiting:
    """A server for the one peer that has the ticket."""

    def __init__(self, site, ticket, peer, most):
        self.site, self.ticket, self.peer, self.most = site, ticket, peer, most
        self.socket = asyncio.get_running_loop().create_future()

    async def listen(self):
        ports = range(self.site["ports"]["from"], self.site["ports"]["to"] + 1)
        context = self._context()
        for port in ports:
            try:
                self.server = await asyncio.start_server(self._answer, self.site["host"], port, ssl=context)
                return self.server.sockets[0].getsockname()[1]
            except OSError:
                pass
        raise Failure("ERR_LISTEN", f"Cannot listen on {self.site['host']}, ports {ports.start} to {ports.stop - 1}")

    def _context(self):
        certificate = self.site.get("certificate")
        if certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        # Only files can be loaded; this one has mode 0600, and is gone at once.
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(f"{certificate['key']}\n{certificate['cert']}")
            file.flush()
            context.load_cert_chain(file.name)
        return context

    async def _answer(self, reader, writer):
        try:
            request, headers = await asyncio.wait_for(read_head(reader), DEADLINE_S)
            refused = self._refusal(request, headers)
            if refused is not None:
                head = f"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: {len(refused)}"
                writer.write(f"{head}\r\n\r\n{refused}".encode())
                await writer.drain()
                writer.close()
                return
            head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            head += f"Sec-WebSocket-Accept: {accept_of(headers['sec-websocket-key'])}\r\n"
            writer.write(f"{head}Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode())
            self.socket.set_result(Socket(reader, writer, self.peer, False, self.most))
            self.server.close()
        except (OSError, EOFError, asyncio.LimitOverrunError, asyncio.TimeoutError, UnicodeError):
            # Somebody who is not our peer; it may still come.
            writer.close()

    def _refusal(self, request, headers):
        if request != f"GET {PATH} HTTP/1.1" or "sec-websocket-key" not in headers:
            return "there is nothing at this path"
        if "origin" in headers:
            return "requests from web pages are not allowed"
        name = headers.get("host", "").rpartition(":")[0].strip("[]")
        if name.lower() not in (own.lower() for own in ("localhost", self.site["host"], *self.site["names"])):
            return f"this server is not {name}"
        if not hmac.compare_digest(headers.get("authorization", "").encode(), f"Bearer {self.ticket}".encode()):
            return "the token is wrong"
        if headers.get("sec-websocket-protocol") != SUBPROTOCOL:
            return f"this server speaks {SUBPROTOCOL}"
        return "this link has its peer already" if self.socket.done() else None


# --- Frames -----------------------------------------------------------------------------------------------------------

ELEMENT = {"f32": 4, "f64": 8, "u8": 1}


def padded(data):
    return data + bytes(-len(data) % 16)


def encode(header, blocks):
    head = pack(header)
    return padded(b"LLF1" + struct.pack("<I", len(head)) + head) + b"".join(map(padded, blocks))


def decode(message):
    """The header of a frame, and the bytes of each block."""
    length = struct.unpack_from("<I", message, 4)[0] if len(message) >= 8 else 0
    if message[:4] != b"LLF1" or length > MAX_HEADER_BYTES or 8 + length > len(message):
        raise Failure("ERR_PROTOCOL", "A frame does not start with LLF1 and a header")
    header = unpack(message[8 : 8 + length])
    at = (8 + length + 15) // 16 * 16
    blocks = []
    for block in header["blocks"]:
        rows, columns = block["shape"]
        end = at + rows * columns * ELEMENT[block["type"]]
        blocks.append(message[at:end])
        at = (end + 15) // 16 * 16
    if at != len(message):
        raise Failure("ERR_PROTOCOL", f"A frame has {len(message)} bytes, but its blocks end at {at}")
    return header, blocks


# --- The layer itself: all that another foreign stage would do otherwise ----------------------------------------------


class Reservoir:
    """relu(x · W) with fixed random W [inputs, units], each row brought to mean square 1."""

    def __init__(self, inputs, units, seed):
        draw = random.Random(seed)
        self.inputs, self.units = inputs, units
        self.columns = [[draw.uniform(-1, 1) for _ in range(inputs)] for _ in range(units)]

    def __call__(self, data):
        rows = array.array("f", data)
        if sys.byteorder == "big":
            rows.byteswap()
        out = array.array("f")
        for at in range(0, len(rows), self.inputs):
            row = rows[at : at + self.inputs].tolist()
            active = [max(0.0, sum(map(operator.mul, row, column))) for column in self.columns]
            factor = 1 / math.sqrt(sum(map(operator.mul, active, active)) / self.units + 1e-8)
            out.extend([factor * activity for activity in active])
        if sys.byteorder == "big":
            out.byteswap()
        return out.tobytes()


# --- The stage --------------------------------------------------------------------------------------------------------


def tell(event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


class Stage:
    def __init__(self, assignment, site):
        self.assignment, self.site = assignment, site
        loop = asyncio.get_running_loop()
        # A layer of today has one of each.
        (self.producer,), (self.consumer,) = assignment["inputs"], assignment["outputs"]
        self.links = {peer["stage"]: loop.create_future() for peer in (self.producer, self.consumer)}
        self.begun, self.drained = asyncio.Event(), asyncio.Event()
        self.credit = 0
        self.granted = asyncio.Condition()

    def most(self, peer):
        return peer["maxFrameBytes"] if peer is self.producer else MAX_CREDIT_BYTES

    async def run(self):
        settings, stage = self.assignment["settings"], self.assignment["stage"]
        place = int(stage.removeprefix("layer-"))
        spec = settings["layers"][place - 1]
        layer = Reservoir(spec["inputs"], spec["units"], f"{settings['seed']} {stage}")
        for peer in (self.consumer, self.producer):
            if peer["waits"]:
                await self.wait_for(peer)
        tell({"type": "ready"})
        await self.begun.wait()
        producer, consumer = [await self.links[peer["stage"]] for peer in (self.producer, self.consumer)]
        await self.flow(producer, consumer, layer)
        await producer.close(NORMAL)
        # The consumer hangs up when it has taken the end of the stream.
        await self.drained.wait()

    async def wait_for(self, peer):
        waiting = Waiting(self.site, peer["ticket"], peer["stage"], self.most(peer))
        tell({"type": "listening", "neighbour": peer["stage"], "port": await waiting.listen()})

        async def take():
            await self.link(peer, await waiting.socket)

        start(take())

    async def obey(self, order):
        if order["type"] == "begin":
            self.begun.set()
        elif order["type"] == "connect":
            peer = self.producer if order["neighbour"] == self.producer["stage"] else self.consumer
            dialled = dial(order["address"], order.get("fingerprint"), peer["ticket"], peer["stage"], self.most(peer))
            await self.link(peer, await asyncio.wait_for(dialled, DEADLINE_S))

    async def link(self, peer, socket):
        self.links[peer["stage"]].set_result(socket)
        start(self.watch(socket) if peer is self.producer else self.take_credits(socket))
        if peer is self.producer:
            await self.grant(socket, 3 * self.most(peer))
        tell({"type": "linked", "neighbour": peer["stage"]})

    async def watch(self, producer):
        """Pings the producer, which takes a consumer that is silent for gone, as this stage does the producer."""
        silence = 0

        def sign(_opcode):
            nonlocal silence
            silence = 0

        producer.sign_of_life = sign
        while not producer.writer.is_closing():
            silence += 1
            if silence > PATIENCE:
                raise lost(producer.peer, f"it has left {PATIENCE} pings without an answer")
            await producer.send(PING, b"")
            await asyncio.sleep(PING_INTERVAL_S)

    async def grant(self, producer, count):
        life = {key: self.assignment[key] for key in ("incarnation", "generation")}
        await producer.send(BINARY, pack({"type": "credit", **life, "bytes": count}))

    async def take_credits(self, consumer):
        while (message := await consumer.receive()) is not None:
            credit = unpack(message)
            if credit["type"] != "credit" or credit["bytes"] <= 0:
                await consumer.send(CLOSE, struct.pack(">H", PROTOCOL_ERROR))
                raise Failure("ERR_PROTOCOL", f"{consumer.peer} sent something that is not a credit")
            if all(credit[key] == self.assignment[key] for key in ("incarnation", "generation")):
                async with self.granted:
                    self.credit += credit["bytes"]
                    self.granted.notify_all()
        if consumer.closed_with != NORMAL:
            raise lost(consumer.peer, f"it closed with code {consumer.closed_with}")
        self.drained.set()

    async def flow(self, producer, consumer, layer):
        life = [self.assignment[key] for key in ("incarnation", "generation")]
        received = sent = 0
        while True:
            message = await producer.receive()
            if message is None:
                raise lost(producer.peer, f"it closed with code {producer.closed_with} in the middle of the stream")
            header, blocks = decode(message)
            envelope = header["envelope"]
            theirs = [envelope[key] for key in ("incarnation", "generation")]
            # What belongs to an older life of the run is late, and dropped.
            if envelope["run"] == self.assignment["run"] and theirs < life:
                await self.grant(producer, len(message))
                continue
            if envelope["run"] != self.assignment["run"] or theirs != life or envelope["sequence"] != received:
                raise Failure("ERR_PROTOCOL", f"{producer.peer} sent frame {envelope} where frame {received} was due")
            received += 1
            if header["frame"]["kind"] == "rows":
                await self.transform(header, blocks, layer)
            out = encode({**header, "envelope": {**envelope, "sequence": sent}}, blocks)
            async with self.granted:
                await self.granted.wait_for(lambda: self.credit >= len(out))
                self.credit -= len(out)
            await consumer.send(BINARY, out)
            sent += 1
            if header["frame"]["kind"] == "barrier" and header["frame"]["order"]["type"] == "end":
                return
            await self.grant(producer, len(message))

    async def transform(self, header, blocks, layer):
        """Puts the layer's rows in the place of those that came. All other blocks go on as they are."""
        place = next((at for at, block in enumerate(header["blocks"]) if block["name"] == "activations"), None)
        if place is None or header["blocks"][place]["shape"][1] != layer.inputs:
            raise Failure("ERR_PROTOCOL", f"{self.assignment['stage']} takes activations of {layer.inputs} columns")
        # In a thread, so that pings are answered meanwhile.
        blocks[place] = await asyncio.to_thread(layer, blocks[place])
        header["blocks"][place]["shape"][1] = layer.units


def leave(event, code):
    tell(event)
    os._exit(code)


def fail(error):
    sys.stderr.write(f"{error!r}\n")
    leave({"type": "failed", "code": getattr(error, "code", "ERR_UNEXPECTED"), "message": str(error)[:4000]}, 1)


TASKS = set()


def start(work):
    """Lets work go on beside the rest. Where it fails, the stage does."""
    task = asyncio.ensure_future(work)
    TASKS.add(task)

    def end(done):
        TASKS.discard(done)
        if not done.cancelled() and done.exception() is not None:
            fail(done.exception())

    task.add_done_callback(end)


async def main():
    instructions = asyncio.StreamReader(limit=2**20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(instructions), sys.stdin)
    stage = None

    async def live():
        await stage.run()
        leave({"type": "finished"}, 0)

    while line := await instructions.readline():
        instruction = json.loads(line)
        if instruction["type"] == "ping":
            tell({"type": "pong"})
        elif instruction["type"] == "assign":
            stage = Stage(instruction["assignment"], instruction["site"])
            start(live())
        elif stage is not None:
            start(stage.obey(instruction["order"]))
    # The node is gone, or has let go of this process: nobody is left to work for.
    os._exit(1)


if __name__ == "__main__":
    # Ctrl-C goes to every process of a terminal; the coordinator ends stages in order.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    asyncio.run(main())
