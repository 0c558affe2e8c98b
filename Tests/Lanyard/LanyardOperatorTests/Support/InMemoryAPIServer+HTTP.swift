import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting

extension InMemoryAPIServer {
    /// Answers what came to a `ScriptedServer`, for operators that are wired as a whole, down to their connections.
    func answer(to request: RecordedRequest) async throws -> ScriptedAnswer {
        guard let method = APIRequest.Method(rawValue: request.method) else { return .failure(405, "MethodNotAllowed") }
        let call = APIRequest(
            method, request.path, query: request.query.map { .init($0.key, $0.value) },
            contentType: request.header("Content-Type"), body: request.body.isEmpty ? nil : request.body)
        do {
            guard request.query["watch"] != nil else {
                return .json(String(decoding: try await send(call), as: UTF8.self))
            }
            let lines = try await openWatch(call)
            return ScriptedAnswer { writer in
                try await writer.head(200, headers: [("Content-Type", "application/json")])
                for try await line in lines { try await writer.body(line + [UInt8(ascii: "\n")]) }
                try await writer.end()
            }
        } catch let error as KubernetesError {
            let status = error.status ?? APIStatus(status: "Failure", code: error.httpStatus, message: error.message)
            return .json(
                String(decoding: try JSON.encode(status), as: UTF8.self), status: error.httpStatus ?? 500)
        }
    }
}
