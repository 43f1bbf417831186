import subprocess
import sys

from monitor.orchestrator.decoders import decoder_of
from monitor.orchestrator.wire import Folder, Page

# Each round makes a new type known in many threads at once, which change at every opportunity.
RACE = """
import sys, threading
import msgspec
from monitor.orchestrator.decoders import decoder_of

def decode(kind, ready, results):
    ready.wait()
    results.append(decoder_of(kind).decode(b'{"value":[{"f0":1,"f11":null}]}').value[0].f0)

sys.setswitchinterval(1e-6)
for round in range(20):
    row = msgspec.defstruct("Row", [(f"f{n}", int | None, None) for n in range(12)])
    page = msgspec.defstruct("Page", [("value", list[row])])
    ready, results = threading.Barrier(8), []
    threads = [threading.Thread(target=decode, args=(page, ready, results)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1] * 8, results
"""


def test_a_decoder_is_made_once_also_for_a_generic_type() -> None:
    assert decoder_of(Page[Folder]) is decoder_of(Page[Folder])
    assert decoder_of(Page[Folder]).decode(b'{"value":[{"Id":3}]}').value[0].id == 3


def test_many_threads_that_meet_a_type_for_the_first_time_all_decode_it() -> None:
    subprocess.run([sys.executable, "-c", RACE], check=True, timeout=60)
