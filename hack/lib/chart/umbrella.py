"""A chart that has another one as its part."""

import contextlib
import json
import pathlib
import shutil
import tempfile

import helm_python


@contextlib.contextmanager
def umbrella(chart):
    """A folder with a chart `platform`, of which the chart is a part that a condition switches."""
    with helm_python.Chart.load(chart) as part, tempfile.TemporaryDirectory(prefix="lanyard-chart.") as folder:
        whole = pathlib.Path(folder, "platform")
        shutil.copytree(chart, whole / "charts" / part.name)
        (whole / "Chart.yaml").write_text(json.dumps({
            "apiVersion": "v2", "name": "platform", "version": "1.0.0", "dependencies": [
                {"name": part.name, "version": part.version, "condition": f"{part.name}.enabled"}]}))
        yield str(whole)
