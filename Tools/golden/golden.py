"""Makes the golden files under Tests/Fixtures, or checks that the recorded ones are still what PyTorch says.

    python Tools/golden/golden.py                      checks every set; exit status 1 and a list where one differs
    python Tools/golden/golden.py --record gpt2        records the named sets (all, when none is named) anew
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import torch

import adapters
import attention
import chat_templates
import cross_entropy
import decoders
import encoder_decoders
import encoders
import gpt2_trace
import images
import layer_operations
import optimizers
import pytorch_files
import safetensors_files
import sampling
import schedules
import tokenizer_files
import tokenizer_styles
from fixture_files import differences

FIXTURES = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures"

# Each set: the folder it owns below Tests/Fixtures, and the function that fills it.
SETS = {
    "gpt2": gpt2_trace.write,
    "decoders": decoders.write,
    "encoders": encoders.write,
    "adapters": adapters.write,
    "encoder_decoders": encoder_decoders.write,
    "operations/layers": layer_operations.write,
    "operations/attention": attention.write,
    "operations/cross_entropy": cross_entropy.write,
    "operations/optimizers": optimizers.write,
    "safetensors": safetensors_files.write,
    "pytorch": pytorch_files.write,
    "schedules": schedules.write,
    "sampling": sampling.write,
    "tokenizers": tokenizer_files.write,
    "tokenizer_styles": tokenizer_styles.write,
    "chat_templates": chat_templates.write,
    "images": images.write,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write the files instead of checking them")
    parser.add_argument("sets", nargs="*", metavar="set", help=", ".join(SETS))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.sets if name not in SETS]
    if unknown:
        parser.error(f"unknown set {unknown[0]!r}; the sets are {', '.join(SETS)}")
    torch.set_num_threads(1)
    failed = False
    for name in arguments.sets or SETS:
        folder = FIXTURES / name
        with tempfile.TemporaryDirectory() as temporary:
            fresh = Path(temporary) / "set"
            SETS[name](fresh)
            if arguments.record:
                if folder.exists():
                    shutil.rmtree(folder)
                shutil.copytree(fresh, folder)
                size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
                print(f"{name}: recorded, {size / 1024:.1f} KiB")
                continue
            found = differences(folder, fresh)
            print(f"{name}: {'as recorded' if not found else f'{len(found)} differences'}")
            for line in found[:20]:
                print(f"  {line}")
            failed = failed or bool(found)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
