import ArgumentParser
import KubernetesClient
import KubernetesModel
import LanyardOperator
import Logging

/// The client of a command that needs nothing but the API server.
enum CommandClient {
    /// Finds the API server. The client logs nothing: a command tells by itself what it met.
    ///
    /// - Parameters:
    ///   - command: the name of the command, such as `bundle`.
    ///   - kubeconfig: the file that the user named.
    ///   - tell: gets why there is no client.
    /// - Throws: `ExitCode`, after the reason was told.
    static func make(
        for command: String, kubeconfig: String?, environment: Environment, tell: (String) -> Void
    ) throws -> KubernetesClient {
        do {
            return try KubernetesClient(
                ClusterConfiguration.load(kubeconfig: kubeconfig, environment: environment),
                userAgent: Operator.userAgent, environment: environment,
                logger: Logger(label: "lanyard.\(command)", factory: { _ in SwiftLogNoOpLogHandler() }))
        } catch {
            tell("\(error)")
            throw ExitCode(ValidateCommand.Failure.unreadable.rawValue)
        }
    }
}
