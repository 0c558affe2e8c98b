import KubernetesModel
import KubernetesTesting
import Synchronization
import Testing

@testable import KubernetesClient

@Suite("TLSMaterial")
struct TLSMaterialTests {
    @Test("files are read by one request, while others go on with what is known")
    func oneReader() throws {
        let harness = Harness(files: ["/ca.crt": try TestAuthority().certificatePEM])
        let material = try TLSMaterial(
            ClusterConfiguration(server: "https://127.0.0.1", certificateAuthority: .file(path: "/ca.crt")),
            files: harness.files.reader, clock: harness.clock, metrics: harness.registry, logger: harness.logger)
        _ = try material.current(nil)
        harness.clock.advance(by: .seconds(300))
        #expect(harness.files.readCount == 1)
        let served = Mutex(0)
        harness.files.beforeNextRead {
            for _ in 0..<3 {
                guard case .success = Result(catching: { try material.current(nil) }) else { continue }
                served.withLock { $0 += 1 }
            }
        }
        _ = try material.current(nil)
        #expect(served.withLock { $0 } == 3)
        #expect(harness.files.readCount == 2)
    }

    @Test("requests name a configuration only while it is another one than at the start")
    func initialConfiguration() throws {
        let (first, second) = (try TestAuthority().certificatePEM, try TestAuthority().certificatePEM)
        let harness = Harness(files: ["/ca.crt": first])
        let material = try TLSMaterial(
            ClusterConfiguration(server: "https://127.0.0.1", certificateAuthority: .file(path: "/ca.crt")),
            files: harness.files.reader, clock: harness.clock, metrics: harness.registry, logger: harness.logger)
        for (content, isInitial) in [(first, true), (second, false), (second, false), ("no PEM", false), (first, true)]
        {
            harness.files.write(content, to: "/ca.crt")
            harness.clock.advance(by: .seconds(300))
            let tls = try material.current(nil)
            #expect((tls == nil) == isInitial)
        }
    }
}
