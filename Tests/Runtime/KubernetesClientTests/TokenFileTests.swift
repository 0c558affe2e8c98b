import KubernetesModel
import KubernetesTesting
import Logging
import Synchronization
import Testing

@testable import KubernetesClient

@Suite("TokenFile")
struct TokenFileTests {
    private let clock = VirtualClock()
    private let files = FileTree(["/token": " one\n"])

    private func makeToken() -> TokenFile {
        TokenFile(
            path: "/token", files: files.reader, clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("is trimmed, and read again at most once a minute")
    func refresh() throws {
        let token = makeToken()
        #expect(try token.token().revealed == "one")
        files.write("two", to: "/token")
        clock.advance(by: .seconds(59))
        #expect(try token.token().revealed == "one")
        #expect(files.readCount == 1)
        clock.advance(by: .seconds(1))
        #expect(try token.token().revealed == "two")
        #expect(files.readCount == 2)
    }

    @Test("keeps the old token while the file is unreadable, empty or broken", arguments: [nil, "", " \n", "a b"])
    func keepsOld(content: String?) throws {
        let token = makeToken()
        #expect(try token.token().revealed == "one")
        files.write(content, to: "/token")
        clock.advance(by: .seconds(60))
        #expect(try token.token().revealed == "one")
        files.write("two", to: "/token")
        clock.advance(by: .seconds(60))
        #expect(try token.token().revealed == "two")
    }

    @Test("is an error while there has never been one", arguments: [nil, "", "\n"])
    func never(content: String?) {
        files.write(content, to: "/token")
        #expect(throws: KubernetesError.self) { try makeToken().token() }
    }

    @Test("is read by one request, while others go on with what is known")
    func oneReader() throws {
        let token = makeToken()
        _ = try token.token()
        files.write("two", to: "/token")
        clock.advance(by: .seconds(60))
        let during = Mutex<String?>(nil)
        files.beforeNextRead { during.withLock { $0 = try? token.token().revealed } }
        #expect(try token.token().revealed == "two")
        #expect(during.withLock { $0 } == "one")
        #expect(files.readCount == 2)
    }

    @Test("is read at once after the server refused it")
    func invalidation() throws {
        let token = makeToken()
        let first = try token.token()
        #expect(!token.invalidate(first), "the same token again is not worth a request")
        files.write("two", to: "/token")
        #expect(token.invalidate(first))
        #expect(try token.token().revealed == "two")
        #expect(token.invalidate(first), "another request has the new token already")
    }

    @Test("never prints")
    func redaction() throws {
        let secret = try makeToken().token()
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \(dumped)".contains("one"))
    }
}
