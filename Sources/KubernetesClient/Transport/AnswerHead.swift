import FoundationEssentials
import KubernetesModel

/// What decides on an answer before its body is decoded.
struct AnswerHead: Equatable {
    let status: Int
    let contentType: String?
    /// The header of that name, as it came.
    let retryAfter: String?

    /// Whether the request was carried out.
    var isSuccess: Bool { (200...299).contains(status) }

    /// Whether the body is JSON: `application/json` with or without parameters.
    var isJSON: Bool {
        let type = contentType?.split(separator: ";").first.map { $0.filter { !$0.isWhitespace }.lowercased() }
        return type == "application/json"
    }

    /// The failure of an answer that is no success, or that is none of this server's: a proxy's page, for example.
    func failure(body: Data) -> KubernetesError {
        if isSuccess {
            return KubernetesError(.malformedAnswer, "HTTP \(status) without JSON", httpStatus: status)
        }
        let wait = retryAfter.flatMap { Int($0) }.flatMap { (1...86_400).contains($0) ? Duration.seconds($0) : nil }
        if isJSON, let described = try? JSON.decode(APIStatus.self, from: body), described.status == "Failure" {
            return KubernetesError(status: described, httpStatus: status, retryAfter: wait)
        }
        if (300...399).contains(status) {
            return KubernetesError(
                .malformedAnswer, "HTTP \(status): redirects are not followed", httpStatus: status)
        }
        return KubernetesError(
            KubernetesError.code(status, nil), "HTTP \(status) without a Status", httpStatus: status, retryAfter: wait)
    }
}
