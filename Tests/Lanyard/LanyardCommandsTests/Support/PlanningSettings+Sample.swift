import ArgumentParser
import LanyardCore

@testable import LanyardCommands

extension PlanningSettings {
    /// Those of an operator of which little is configured.
    static func sample() throws -> PlanningSettings {
        try PlanningOptions.parse(["--cluster-name", "production", "--trust-domain", "neural-hive.local"]).settings()
    }
}
