"""Prints what TensorBoard's own reader finds in a folder of event files, as one JSON object: scalars as [wall time, step,
value] and histograms as [wall time, step, [min, max, num, sum, sum_squares], limits, counts], by tag."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

ALL = {"scalars": 0, "histograms": 0}

events = EventAccumulator(sys.argv[1], size_guidance=ALL)
events.Reload()
tags = events.Tags()


def scalar(event):
    return [event.wall_time, event.step, event.value]


def histogram(event):
    value = event.histogram_value
    figures = [value.min, value.max, value.num, value.sum, value.sum_squares]
    return [event.wall_time, event.step, figures, list(value.bucket_limit), list(value.bucket)]


print(
    json.dumps(
        {
            "scalars": {tag: [scalar(event) for event in events.Scalars(tag)] for tag in tags["scalars"]},
            "histograms": {tag: [histogram(event) for event in events.Histograms(tag)] for tag in tags["histograms"]},
        }
    )
)
