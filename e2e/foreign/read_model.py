"""Reads models that Layerline has exported, with onnxruntime and safetensors alone.

read_model.py MODEL.onnx MODEL.safetensors ROWS LABELS: prints the share of rows that each output takes for another class, what
the tensors' shapes are, and what both files say of themselves. ROWS are fp32, row by row; LABELS a byte each.
"""

import json
import sys

import numpy
import onnxruntime
from safetensors import safe_open

onnx, tensors, rows, labels = sys.argv[1:]
session = onnxruntime.InferenceSession(onnx)
labels = numpy.fromfile(labels, numpy.uint8)
rows = numpy.fromfile(rows, "<f4").reshape(len(labels), -1)
outputs = [output.name for output in session.get_outputs()]
found = session.run(outputs, {session.get_inputs()[0].name: rows})
with safe_open(tensors, "numpy") as file:
    shapes = {name: list(file.get_tensor(name).shape) for name in file.keys()}
    said = file.metadata()
print(
    json.dumps(
        {
            "errors": {name: float((goodness.argmax(1) != labels).mean()) for name, goodness in zip(outputs, found)},
            "shapes": shapes,
            "metadata": [session.get_modelmeta().custom_metadata_map, said],
        }
    )
)
