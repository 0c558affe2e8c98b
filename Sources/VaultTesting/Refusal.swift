/// Why the server refuses a request: status and the text that OpenBao sends.
struct Refusal: Error {
    let status: Int
    let text: String

    init(_ text: String, status: Int = 400) {
        self.status = status
        self.text = text
    }

    static let unsupportedPath = Refusal("1 error occurred:\n\t* unsupported path\n\n", status: 404)
    static let unsupportedOperation = Refusal("1 error occurred:\n\t* unsupported operation\n\n", status: 405)
}
