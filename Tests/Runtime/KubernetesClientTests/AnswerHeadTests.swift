import FoundationEssentials
import KubernetesModel
import Testing

@testable import KubernetesClient

@Suite("Classification of answers")
struct AnswerHeadTests {
    /// A row of the table: status, body, expected code.
    struct Row: Sendable, CustomTestStringConvertible {
        let status: Int
        let body: String
        let code: KubernetesError.Code

        init(_ status: Int, _ body: String, _ code: KubernetesError.Code) {
            self.status = status
            self.body = body
            self.code = code
        }

        var testDescription: String { "\(status) \(body.prefix(60)) → \(code)" }
    }

    private static func status(_ code: Int, _ reason: String, _ details: String = "{}") -> String {
        #"{"kind":"Status","status":"Failure","code":\#(code),"reason":"\#(reason)","message":"m","details":\#(details)}"#
    }

    static let rows = [
        Row(400, status(400, "BadRequest"), .badRequest), Row(401, status(401, "Unauthorized"), .unauthorized),
        Row(403, status(403, "Forbidden", #"{"name":"x"}"#), .forbidden),
        Row(404, status(404, "NotFound", #"{"name":"x","kind":"widgets"}"#), .notFound),
        Row(404, status(404, "NotFound"), .notServed), Row(404, status(404, "NotFound", #"{"name":""}"#), .notServed),
        Row(404, "404 page not found", .notServed), Row(405, status(405, "MethodNotAllowed"), .badRequest),
        Row(409, status(409, "AlreadyExists", #"{"name":"x"}"#), .alreadyExists),
        Row(409, status(409, "Conflict", #"{"name":"x"}"#), .conflict), Row(409, "conflict", .conflict),
        Row(410, status(410, "Expired"), .expired), Row(410, status(410, "Gone"), .expired),
        Row(422, status(422, "Invalid"), .invalid), Row(429, status(429, "TooManyRequests"), .tooManyRequests),
        Row(500, status(500, "InternalError"), .serverError), Row(503, "<html>", .serverError),
        Row(504, status(504, "Timeout"), .serverError),
        Row(
            504, status(504, "Timeout", #"{"causes":[{"reason":"ResourceVersionTooLarge","message":"x"}]}"#),
            .resourceVersionTooLarge),
        Row(
            504, status(504, "Timeout", #"{"causes":[{"message":"Too large resource version"}]}"#),
            .resourceVersionTooLarge),
        Row(302, "", .malformedAnswer), Row(200, "<html>login</html>", .malformedAnswer),
    ]

    @Test("follows the table", arguments: rows)
    func table(row: Row) {
        let type = row.body.first == "{" ? "application/json" : "text/html"
        let head = AnswerHead(status: row.status, contentType: type, retryAfter: nil)
        let error = head.failure(body: Data(row.body.utf8))
        #expect(error.code == row.code)
        #expect(error.httpStatus == row.status)
        #expect(!error.message.contains("<html>"))
    }

    @Test("reads how long to wait from the header, else from the Status")
    func retryAfter() {
        let body = Data(Self.status(429, "TooManyRequests", #"{"retryAfterSeconds":3}"#).utf8)
        func wait(_ header: String?) -> Duration? {
            AnswerHead(status: 429, contentType: "application/json", retryAfter: header).failure(body: body).retryAfter
        }
        #expect(wait("7") == .seconds(7))
        #expect(wait(nil) == .seconds(3))
        #expect(wait("soon") == .seconds(3))
        #expect(wait("-1") == .seconds(3))
        #expect(wait("99999999999999999999") == .seconds(3))
    }

    @Test("classifies the Status of a watch's ERROR event like that of an answer")
    func watchError() {
        #expect(KubernetesError(status: APIStatus(code: 410, reason: "Expired")).code == .expired)
        #expect(KubernetesError(status: APIStatus(code: 429)).code == .tooManyRequests)
        #expect(KubernetesError(status: APIStatus()).code == .serverError)
    }

    @Test(
        "takes JSON as JSON whatever its parameters",
        arguments: [
            ("application/json", true), ("Application/JSON; charset=utf-8", true), ("application/json;as=Table", true),
            ("text/html", false), ("application/jsonp", false), (nil, false),
        ] as [(String?, Bool)])
    func contentType(type: String?, isJSON: Bool) {
        #expect(AnswerHead(status: 200, contentType: type, retryAfter: nil).isJSON == isJSON)
    }
}
