import FoundationEssentials
import KubernetesModel
package import LanyardAPI
import SPIREClient
import SwiftProtobuf

/// Where an emulated server finds and keeps what it has.
package struct ServerConfiguration: Sendable {
    package var trustDomain: TrustDomain
    /// Where entries are kept; nil keeps them in memory only.
    package var dataDirectory: String?
    /// A JSON array of `AgentSeed`.
    package var agentsFile: String?
    /// A JSON `BundleDocument`.
    package var bundleFile: String?
    /// Where `CallLog` writes.
    package var callLogFile: String?
    /// Names of trust domains whose bundles are stored, beside those that were stored through the API.
    package var federatedBundles: Set<String> = []

    /// SPIFFE IDs of admins that need no entry.
    package var adminIDs: Set<String> = []
    /// How long things live that are signed here.
    package var lifetimes = TrustAuthority.Lifetimes()

    /// A server in memory.
    package init(trustDomain: TrustDomain) {
        self.trustDomain = trustDomain
    }

    /// Loads everything.
    ///
    /// - Throws: `EmulatorError` that says which file is wrong.
    package func makeState() throws(EmulatorError) -> EmulatorState {
        var datastore = EntryDatastore(trustDomain: trustDomain) { SystemRandomSource().uuid() }
        var savedAuthority: Data?
        if let dataDirectory {
            do {
                let directory = try StateDirectory(URL(filePath: dataDirectory))
                datastore = EntryDatastore(
                    trustDomain: trustDomain, rows: try directory.load(), makeID: datastore.makeID)
                for (row, document) in try directory.documents(prefix: EntryDatastore.bundlePrefix) {
                    guard let row = Int64(row) else { continue }
                    datastore.bundles.put(try WireBundle(serializedBytes: document), at: row)
                }
                for (row, document) in try directory.documents(prefix: EntryDatastore.relationshipPrefix) {
                    guard let row = Int64(row) else { continue }
                    datastore.relationships.put(try WireRelationship(serializedBytes: document), at: row)
                }
                savedAuthority = try directory.documents(prefix: EmulatorState.authorityDocument)[""]
                datastore.commit = { try directory.commit($0) }
            } catch {
                throw EmulatorError("the state in \(dataDirectory) cannot be read: \(error)")
            }
        }
        datastore.federatedBundles.formUnion(federatedBundles)
        var bundle = BundleDocument()
        if let bundleFile {
            do {
                bundle = try BundleDocument.load(from: URL(filePath: bundleFile))
            } catch {
                throw EmulatorError("the bundle in \(bundleFile) cannot be read: \(error)")
            }
        }
        var log: CallLog?
        if let callLogFile { log = try CallLog(path: callLogFile) }
        let state = EmulatorState(
            datastore: datastore, agents: AgentDirectory(trustDomain: trustDomain), bundle: bundle,
            adminIDs: adminIDs, lifetimes: lifetimes, savedAuthority: savedAuthority, log: log)
        if savedAuthority != nil {
            do { _ = try state.ownBundle() } catch {
                throw EmulatorError("the authority in \(dataDirectory ?? "") cannot be read: \(error)")
            }
        }
        try loadAgents(into: state)
        return state
    }

    /// Reads the agents again, and with them forgets which were banned or deleted. After a failure the agents are the
    /// same as before.
    ///
    /// - Throws: `EmulatorError` that says what is wrong.
    package func loadAgents(into state: EmulatorState) throws(EmulatorError) {
        guard let agentsFile else { return }
        let seeds: [AgentSeed]
        do {
            seeds = try AgentSeed.load(from: URL(filePath: agentsFile))
        } catch {
            throw EmulatorError("the agents in \(agentsFile) cannot be read: \(error)")
        }
        do {
            try state.withAgents { agents throws(CallFailure) in try agents.replace(with: seeds) }
        } catch {
            throw EmulatorError("the agents in \(agentsFile): \(error.message)")
        }
    }
}
