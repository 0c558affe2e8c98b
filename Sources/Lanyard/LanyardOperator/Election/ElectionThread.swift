import ControllerRuntime
import KubernetesModel
import NIOCore
import NIOPosix
import ServiceLifecycle

/// A thread for leader election and its timers alone: passes that keep all shared threads busy do not hold up a renewal.
///
/// A request that hangs is given up on the shared threads; while they are busy, the connection's own timeout ends it.
final class ElectionThread: TaskExecutor {
    private let loop: any EventLoop

    /// Starts the thread, which lasts as long as the process.
    init() { loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next() }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// The same surroundings with waits that need no other thread.
    func environment(_ environment: Environment) -> Environment {
        var environment = environment
        environment.clock = Clock(base: environment.clock, loop: loop)
        return environment
    }

    /// The elector, on this thread, once all steps are done.
    func service(_ elector: LeaderElector, after steps: [ReadinessStep]) -> any Service {
        Candidate(elector: elector, thread: self, steps: steps)
    }

    private struct Candidate: Service {
        let elector: LeaderElector
        let thread: ElectionThread
        let steps: [ReadinessStep]

        func run() async throws {
            do {
                try await cancelWhenGracefulShutdown { for step in steps { try await step() } }
            } catch is CancellationError where Task.isShuttingDownGracefully {
                return
            }
            try await withTaskExecutorPreference(thread) { try await elector.run() }
        }
    }

    private struct Clock: RuntimeClock {
        let base: any RuntimeClock
        let loop: any EventLoop

        var now: Duration { base.now }
        var wallTime: WallTime { base.wallTime }

        func sleep(for duration: Duration) async throws {
            let timer = loop.scheduleTask(in: TimeAmount(duration)) {}
            do {
                try await withTaskCancellationHandler {
                    try await timer.futureResult.get()
                } onCancel: {
                    timer.cancel()
                }
            } catch {
                throw CancellationError()
            }
        }
    }
}
