/// The HTTP methods that Lanyard uses on the API.
package enum VaultMethod: String, Sendable {
    case get = "GET"
    /// Creates and updates; `PUT` means the same to the server.
    case post = "POST"
    case delete = "DELETE"
}
