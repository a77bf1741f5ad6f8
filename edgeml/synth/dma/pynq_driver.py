"""Run a network on a PYNQ board: NumPy in, NumPy out. The file is copied beside a bitstream and stands alone.

    from edgeml_driver import Network
    network = Network("edgeml.bit")           # edgeml.bit, edgeml.hwh and edgeml.json in one folder
    network.predict(x)                        # floats, shape (samples, ...): floats of exactly the codes
    network.run({"pixels": codes})            # integer codes
    network.self_test("golden.npz")           # every integer compared; raises if one differs

`python3 edgeml_driver.py` runs the self-test. It needs NumPy and PYNQ, nothing of edgeml.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

_WORD = 8  # bytes of the DMA's words: a beat is padded to whole words
_LONGEST = (1 << 26) - _WORD  # bytes of a transfer, by the width of the DMA's length register


class Network:
    """A network behind an AXI DMA.

    Args:
        bitstream: the .bit file; its .hwh lies beside it.
        manifest: edgeml.json; by default the one beside the bitstream.
        overlay: the loaded overlay, if it is not to be loaded here.
        allocate: makes buffers the DMA can reach, as pynq.allocate.
        dma: the DMA's name in the overlay.
        batch: samples per transfer at most.
    """

    def __init__(
        self,
        bitstream: str = "edgeml.bit",
        manifest: str = "",
        overlay: Any = None,
        allocate: Any = None,
        dma: str = "axi_dma_0",
        batch: int = 4096,
    ) -> None:
        if overlay is None or allocate is None:
            import pynq  # type: ignore[import-not-found]

            overlay = pynq.Overlay(bitstream) if overlay is None else overlay
            allocate = pynq.allocate if allocate is None else allocate
        path = Path(manifest) if manifest else Path(bitstream).resolve().parent / "edgeml.json"
        with path.open(encoding="utf-8") as file:
            self.manifest: Any = json.load(file)
        self._source, self._sink = self.manifest["input"], self.manifest["output"]
        self._dma = getattr(overlay, dma)
        most = _LONGEST // max(_sample_bytes(self._source), _sample_bytes(self._sink))
        self._batch = max(1, min(batch, most))
        self._send = allocate(shape=(self._batch * _sample_bytes(self._source),), dtype=np.uint8)
        self._receive = allocate(shape=(self._batch * _sample_bytes(self._sink),), dtype=np.uint8)

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs."""
        return [lanes["value"] for lanes in self._source["values"]]

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs."""
        return [lanes["value"] for lanes in self._sink["values"]]

    def run(self, codes: Any) -> dict[str, Any]:
        """Integer codes in, integer codes out.

        Args:
            codes: (samples, *shape) by input; the array alone if there is one input.

        Returns:
            int64 codes (samples, *shape) by output.

        Raises:
            ValueError: a shape is wrong or a code does not fit its type.
        """
        by_name = codes if isinstance(codes, dict) else {self.inputs[0]: codes}
        packed = _pack(self._source, by_name)
        batches = [self._transfer(packed[i : i + self._batch]) for i in range(0, len(packed), self._batch)]
        size = _sample_bytes(self._sink)
        return _unpack(self._sink, np.concatenate(batches) if batches else np.zeros((0, size), np.uint8))

    def predict(self, x: Any) -> Any:
        """Floats in, floats out: the value of a code is code * 2^-frac, exactly.

        Args:
            x: (samples, *shape) for the one input, or a dict by input.

        Raises:
            ValueError: a value is not a value of the input's type.
        """
        by_name = x if isinstance(x, dict) else {self.inputs[0]: x}
        codes = {lanes["value"]: _codes(lanes, by_name[lanes["value"]]) for lanes in self._source["values"]}
        results = self.run(codes)
        floats = {
            lanes["value"]: results[lanes["value"]] * 2.0 ** -_frac(lanes) for lanes in self._sink["values"]
        }
        return floats if len(floats) > 1 else floats[self.outputs[0]]

    def self_test(self, golden: str = "golden.npz") -> tuple[int, float]:
        """Compare every integer with the reference's.

        Args:
            golden: the run's golden vectors.

        Returns:
            Samples compared, and seconds they took, packing included.

        Raises:
            AssertionError: one differs; names the first.
        """
        with np.load(golden, allow_pickle=False) as vectors:
            inputs = {name: vectors[f"input.{name}"] for name in self.inputs}
            expected = {name: vectors[f"expected.{name}"] for name in self.outputs}
        start = time.perf_counter()
        results = self.run(inputs)
        seconds = time.perf_counter() - start
        for name, codes in expected.items():
            wrong = np.argwhere(results[name] != codes)
            if len(wrong):
                place = tuple(int(n) for n in wrong[0])
                text = f"{name}{list(place)} is {results[name][place]}, {codes[place]} expected"
                raise AssertionError(f"{len(wrong)} integers differ; the first: {text}")
        return len(next(iter(inputs.values()))), seconds

    def _transfer(self, packed: Any) -> Any:
        """One transfer there and back; TLAST of the last result ends it."""
        samples = len(packed)
        ins, outs = packed.size, samples * _sample_bytes(self._sink)
        self._send[:ins] = packed.reshape(-1)
        for buffer in (self._send, self._receive):
            if hasattr(buffer, "flush"):
                buffer.flush()
        # The receiver first: results may come before all samples are sent.
        self._dma.recvchannel.transfer(self._receive, 0, outs)
        self._dma.sendchannel.transfer(self._send, 0, ins)
        self._dma.sendchannel.wait()
        self._dma.recvchannel.wait()
        if hasattr(self._receive, "invalidate"):
            self._receive.invalidate()
        return np.array(self._receive[:outs]).reshape(samples, -1)


def _beat_bytes(stream: Any) -> int:
    return -(-stream["bits"] // (8 * _WORD)) * _WORD


def _sample_bytes(stream: Any) -> int:
    return stream["beats"] * _beat_bytes(stream)


def _frac(lanes: Any) -> Any:
    frac = np.asarray(lanes["frac"], np.float64)
    return frac.reshape(lanes["shape"]) if frac.size > 1 else float(frac.reshape(-1)[0])


def _codes(lanes: Any, x: Any) -> Any:
    scaled = np.asarray(x, np.float64) * 2.0 ** _frac(lanes)
    codes = np.rint(scaled)
    if not np.array_equal(codes, scaled):
        raise ValueError(f"{lanes['value']}: a value is between two codes; quantize it as the model does")
    return codes.astype(np.int64)


def _pack(stream: Any, codes: dict[str, Any]) -> Any:
    """(samples, bytes of a sample): every value's lanes in each beat, then padding."""
    tables: list[Any] = []
    for lanes in stream["values"]:
        name, shape = lanes["value"], tuple(lanes["shape"])
        array = np.asarray(codes[name])
        if array.shape[1:] != shape:
            raise ValueError(f"{name} has shape {array.shape[1:]}, {shape} expected")
        low = -(1 << (lanes["width"] - 1)) if lanes["signed"] else 0
        high = low + (1 << lanes["width"]) - 1
        if array.size and not (low <= array.min() and array.max() <= high):
            raise ValueError(f"{name} has codes beyond {low} to {high}")
        table = array.reshape(len(array), stream["beats"], lanes["elements"])
        table = np.ascontiguousarray(table.astype(f"<i{lanes['lane'] // 8}"))
        tables.append((lanes["offset"] // 8, table.view(np.uint8)))
    samples = len(tables[0][1])
    packed = np.zeros((samples, stream["beats"], _beat_bytes(stream)), np.uint8)
    for start, table in tables:
        packed[..., start : start + table.shape[-1]] = table
    return packed.reshape(samples, -1)


def _unpack(stream: Any, packed: Any) -> dict[str, Any]:
    """Codes by value."""
    beats = packed.reshape(len(packed), stream["beats"], _beat_bytes(stream))
    outputs: dict[str, Any] = {}
    for lanes in stream["values"]:
        start, size = lanes["offset"] // 8, lanes["elements"] * lanes["lane"] // 8
        kind = f"<{'i' if lanes['signed'] else 'u'}{lanes['lane'] // 8}"
        table = np.ascontiguousarray(beats[..., start : start + size]).view(kind)
        outputs[lanes["value"]] = table.reshape(len(packed), *lanes["shape"]).astype(np.int64)
    return outputs


def main() -> int:
    """The self-test, from the command line."""
    here = Path(__file__).resolve().parent
    network = Network(str(here / "edgeml.bit"))
    try:
        samples, seconds = network.self_test(str(here / "golden.npz"))
    except AssertionError as error:
        sys.stdout.write(f"FAIL: {error}\n")
        return 1
    sys.stdout.write(f"PASS: {samples} samples, every integer as expected, {seconds:.3f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
