import ArgumentParser
import LanyardAPI
import SPIREClient
import SPIREEmulator

/// `spire-emulator entry`: a client for people.
struct EntryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entry", abstract: "Show, create and delete registration entries of any SPIRE server.",
        subcommands: [Show.self, Create.self, Delete.self])

    /// Where the server is.
    struct Server: ParsableArguments {
        @Option(help: "Path of the server's socket.")
        var socket: String

        /// Makes calls to the server.
        func connected<Value: Sendable>(
            _ body: @escaping @Sendable (SPIREServerConnection) async throws -> Value
        ) async throws -> Value {
            let connection = try SPIREServerConnection(address: .unixSocket(path: socket), fence: { .seconds(3600) })
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await connection.run() }
                defer { group.cancelAll() }
                // Also waits for the connection, without which writes fail at once.
                try await connection.checkHealth()
                return try await body(connection)
            }
        }
    }

    /// How to print.
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show entries.", discussion: "Shows all of them unless a filter is given.")

        @OptionGroup var server: Server

        @Option(help: "ID of the entry.")
        var id: String?

        @Option(name: .customLong("spiffe-id"), help: "Only entries with this SPIFFE ID.")
        var spiffeID: SPIFFEID?

        @Option(name: .customLong("parent-id"), help: "Only entries with this parent.")
        var parentID: SPIFFEID?

        @Option(name: .shortAndLong, help: "Format: text or json.")
        var output = Output.text

        func run() async throws {
            let filter = EntryFilter(spiffeID: spiffeID, parentID: parentID)
            let id = id
            let found = try await server.connected { connection in
                if let id {
                    return try await [connection.entry(id: id)].compactMap(\.self).filter { filter.matches($0) }
                }
                return filter.isEmpty
                    ? try await connection.allEntries() : try await connection.entries(matching: filter)
            }
            let shown = found.sorted { $0.id < $1.id }.map(ShownEntry.init)
            switch output {
            case .json: print(try ShownEntry.json(shown))
            case .text: print(ShownEntry.text(shown))
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an entry.")

        @OptionGroup var server: Server

        @Option(help: "ID of the entry; the server chooses one when it is left out.")
        var id: String = ""

        @Option(name: .customLong("spiffe-id"), help: "SPIFFE ID that the entry gives.")
        var spiffeID: SPIFFEID

        @Option(name: .customLong("parent-id"), help: "SPIFFE ID of the agent or alias that serves it.")
        var parentID: SPIFFEID

        @Option(help: "A selector, type:value. Can be repeated.")
        var selector: [WorkloadSelector]

        func run() async throws {
            let entry = RegistrationEntry(id: id, spiffeID: spiffeID, parentID: parentID, selectors: Set(selector))
            switch try await server.connected({ try await $0.create(entry) }) {
            case .created(let entry):
                print(ShownEntry.text([ShownEntry(entry)]))
            case .similarExists(let entry):
                throw EmulatorError("a similar entry exists: \(entry.id)")
            case .idTaken:
                throw EmulatorError("the ID \(id) is taken")
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete an entry.", discussion: "An entry that does not exist is no error.")

        @OptionGroup var server: Server

        @Option(help: "ID of the entry.")
        var id: String

        func run() async throws {
            let id = id
            try await server.connected { try await $0.delete(id: id) }
        }
    }
}

extension SPIFFEID: ExpressibleByArgument {
    /// Reads `spiffe://trust-domain/path`.
    init?(argument: String) {
        guard let id = try? SPIFFEID(argument) else { return nil }
        self = id
    }
}

extension WorkloadSelector: ExpressibleByArgument {
    /// Reads `type:value`.
    init?(argument: String) {
        self.init(argument)
    }
}

extension EntryFilter {
    fileprivate func matches(_ entry: RegistrationEntry) -> Bool {
        (spiffeID == nil || entry.spiffeID == spiffeID) && (parentID == nil || entry.parentID == parentID)
    }
}
