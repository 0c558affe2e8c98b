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
            for _ in 0..<3 where (try? material.current(nil)) != nil { served.withLock { $0 += 1 } }
        }
        _ = try material.current(nil)
        #expect(served.withLock { $0 } == 3)
        #expect(harness.files.readCount == 2)
    }
}
