import KubernetesClient
import KubernetesModel

/// The error answers of an API server, classified by the same code that classifies real ones.
enum ServerFailure {
    static func notFound(_ descriptor: ResourceDescriptor, _ name: String) -> KubernetesError {
        failure(
            404, "NotFound", "\(descriptor.qualifiedName) \"\(name)\" not found",
            .init(kind: descriptor.plural, name: name))
    }

    static var notServed: KubernetesError {
        failure(404, "NotFound", "the server could not find the requested resource", nil)
    }

    static func alreadyExists(_ descriptor: ResourceDescriptor, _ name: String) -> KubernetesError {
        failure(
            409, "AlreadyExists", "\(descriptor.qualifiedName) \"\(name)\" already exists",
            .init(kind: descriptor.plural, name: name))
    }

    static func conflict(_ descriptor: ResourceDescriptor, _ name: String, _ reason: String) -> KubernetesError {
        failure(
            409, "Conflict",
            "Operation cannot be fulfilled on \(descriptor.qualifiedName) \"\(name)\": \(reason)",
            .init(kind: descriptor.plural, name: name))
    }

    static func invalid(_ message: String) -> KubernetesError {
        failure(422, "Invalid", message, nil)
    }

    static func badRequest(_ message: String) -> KubernetesError {
        failure(400, "BadRequest", message, nil)
    }

    static var methodNotAllowed: KubernetesError {
        failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", nil)
    }

    static var expired: KubernetesError {
        failure(410, "Expired", "too old resource version", nil)
    }

    static func resourceVersionTooLarge(_ wanted: UInt64, current: UInt64) -> KubernetesError {
        failure(
            504, "Timeout", "Timeout: Too large resource version: \(wanted), current: \(current)",
            .init(
                retryAfterSeconds: 1,
                causes: [.init(reason: "ResourceVersionTooLarge", message: "Too large resource version")]))
    }

    private static func failure(
        _ code: Int, _ reason: String, _ message: String, _ details: APIStatus.Details?
    ) -> KubernetesError {
        KubernetesError(
            status: APIStatus(status: "Failure", code: code, reason: reason, message: message, details: details),
            httpStatus: code)
    }
}
