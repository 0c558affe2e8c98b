"""The API server for custom resources that `hack/env` starts, over one connection."""

import http.client
import json
import os
import ssl
import time
import urllib.parse


class Server:
    def __init__(self):
        """Of the environment that the file of `hack/env path` sets."""
        url = urllib.parse.urlsplit(os.environ["CRDS_APISERVER_URL"])
        self.connection = http.client.HTTPSConnection(
            url.hostname, url.port, timeout=30, context=ssl.create_default_context(cafile=os.environ["CRDS_CA_FILE"]))
        self.headers = {
            "Authorization": f"Bearer {os.environ['KUBE_ADMIN_TOKEN']}", "Accept": "application/json"}
        self.requests = 0

    def send(self, method, path, body=None, kind="application/json"):
        """Status code, parsed answer, and warnings. JSON is YAML, so a body may be an apply patch too."""
        for _ in range(60):
            self.requests += 1
            self.connection.request(
                method, path, None if body is None else json.dumps(body), {**self.headers, "Content-Type": kind})
            response = self.connection.getresponse()
            answer = response.read()
            if response.status != 429:  # A new kind is not served before its cache is there.
                break
            time.sleep(float(response.headers.get("Retry-After", "1")))
        try:
            answer = json.loads(answer)
        except ValueError:
            answer = {"message": answer.decode(errors="replace").strip()}
        return response.status, answer, response.headers.get_all("Warning") or []

    def version(self):
        status, answer, _ = self.send("GET", "/version")
        return answer["gitVersion"] if status == 200 else f"no version ({status})"


DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAMESPACE = "cel"


def resources(definition, namespace=NAMESPACE):
    """The path of the resources that a definition is about."""
    spec = definition["spec"]
    scope = f"/namespaces/{namespace}" if spec["scope"] == "Namespaced" else ""
    return f"/apis/{spec['group']}/{spec['versions'][0]['name']}{scope}/{spec['names']['plural']}"
