import KubernetesModel

/// What a `ScriptedServer` does with a request: any sequence of writes, and ready-made ones for the usual faults.
public struct ScriptedAnswer: Sendable {
    let send: @Sendable (AnswerWriter) async throws -> Void

    /// Writes an answer by hand.
    public init(_ send: @escaping @Sendable (AnswerWriter) async throws -> Void) {
        self.send = send
    }

    /// A whole answer in one piece.
    public static func whole(
        _ status: Int, _ body: String, contentType: String?, headers: [(String, String)] = []
    ) -> ScriptedAnswer {
        ScriptedAnswer { writer in
            let type = contentType.map { [("Content-Type", $0)] } ?? []
            try await writer.head(status, headers: [("Content-Length", String(body.utf8.count))] + type + headers)
            try await writer.body(body.utf8)
            try await writer.end()
        }
    }

    /// An answer with a JSON body.
    public static func json(
        _ body: String, status: Int = 200, headers: [(String, String)] = []
    ) -> ScriptedAnswer {
        whole(status, body, contentType: "application/json", headers: headers)
    }

    /// A page of somebody who is no API server.
    public static func html(_ status: Int, headers: [(String, String)] = []) -> ScriptedAnswer {
        whole(status, "<html><body>\(status)</body></html>", contentType: "text/html", headers: headers)
    }

    /// A failure that is described by a `Status`, as an API server does.
    ///
    /// - Parameters:
    ///   - retryAfter: seconds for the `Retry-After` header; nil leaves it out.
    ///   - details: the `details` of the `Status` as JSON.
    public static func failure(
        _ status: Int, _ reason: String, retryAfter: Int? = nil, details: String = "{}",
        headers: [(String, String)] = []
    ) -> ScriptedAnswer {
        let body =
            #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"\#(reason)","#
            + #""reason":"\#(reason)","details":\#(details),"code":\#(status)}"#
        let hint = retryAfter.map { [("Retry-After", String($0))] } ?? []
        return json(body, status: status, headers: hint + headers)
    }

    /// No answer; the connection stays open.
    public static var hang: ScriptedAnswer { ScriptedAnswer { await $0.hang() } }

    /// No answer; the connection is reset.
    public static var reset: ScriptedAnswer { ScriptedAnswer { await $0.reset() } }

    /// No answer; the connection is closed in order.
    public static var close: ScriptedAnswer { ScriptedAnswer { await $0.close() } }

    /// The same answer after a while of the server's clock.
    public func delayed(by duration: Duration) -> ScriptedAnswer {
        ScriptedAnswer { writer in
            try await writer.clock.sleep(for: duration)
            try await send(writer)
        }
    }
}
