import FoundationEssentials
import Testing

@testable import KubernetesClient

@Suite("Repetition of requests")
struct RepetitionTests {
    /// A request, and whether it may be sent again when nobody knows if it was carried out.
    struct Row: Sendable, CustomTestStringConvertible {
        let method: APIRequest.Method
        let type: String?
        let body: String?
        let isRepeatable: Bool

        init(_ method: APIRequest.Method, _ type: String?, _ body: String?, _ isRepeatable: Bool) {
            self.method = method
            self.type = type
            self.body = body
            self.isRepeatable = isRepeatable
        }

        var testDescription: String { "\(method) \(type ?? "") \(body ?? "") → \(isRepeatable)" }
    }

    static let rows = [
        Row(.get, nil, nil, true), Row(.post, MediaType.json, "{}", false), Row(.delete, MediaType.json, "{}", false),
        Row(.put, MediaType.json, #"{"metadata":{"resourceVersion":"1"}}"#, false),
        Row(.patch, MediaType.apply, "{}", true), Row(.patch, MediaType.mergePatch, "{}", false),
        Row(.patch, MediaType.mergePatch, #"{"metadata":{"resourceVersion":"1"}}"#, true),
        Row(.patch, MediaType.mergePatch, #"{"metadata":{"resourceVersion":""}}"#, false),
        Row(.patch, MediaType.mergePatch, #"{"metadata":{"uid":"1"}}"#, false),
        Row(.patch, MediaType.mergePatch, "no JSON", false),
        Row(.patch, MediaType.jsonPatch, #"[{"op":"add","path":"/a","value":1}]"#, false),
        Row(.patch, MediaType.jsonPatch, #"[{"op":"test","path":"/a","value":1},{"op":"remove","path":"/a"}]"#, true),
        Row(.patch, MediaType.jsonPatch, "[]", false), Row(.patch, MediaType.jsonPatch, nil, false),
        Row(.patch, nil, "{}", false),
    ]

    @Test("is for reads, server-side apply and patches with a condition", arguments: rows)
    func table(row: Row) {
        let request = APIRequest(
            row.method, "/x", contentType: row.type, body: row.body.map { Data($0.utf8) })
        #expect(request.isRepeatable == row.isRepeatable)
    }
}
