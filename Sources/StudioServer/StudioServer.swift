import FlyingSocks
import Foundation
import Glibc

/// Serves the studio, on loopback unless told otherwise.
///
/// Sockets are FlyingFox's; requests are read here, with limits that its server does not have (decision 0020). One
/// request a connection, no state between requests: users do not share anything.
public struct StudioServer: Sendable {
    /// How long a client may take, in seconds by the clock.
    public struct Patience: Sendable {
        /// To send its request.
        public var request: Double
        /// To receive its answer.
        public var answer: Double
        /// For how long what a refused client still sends is read and dropped: it would not see the reason otherwise.
        public var farewell: Double

        /// Makes a patience.
        public init(request: Double = 15, answer: Double = 60, farewell: Double = 10) {
            self.request = request
            self.answer = answer
            self.farewell = farewell
        }
    }

    /// The most bytes of an upload.
    public static let bodyLimit = 1 << 20
    /// The most connections at once.
    static let connectionLimit = 256

    private let studio: Studio
    private let address: String
    private let port: UInt16
    private let patience: Patience

    /// Makes a server, which does not listen yet.
    ///
    /// - Parameters:
    ///   - studio: What answers.
    ///   - address: The IPv4 address to listen on.
    ///   - port: The port; 0: any that is free.
    ///   - patience: How long it waits for a client.
    public init(
        _ studio: Studio, address: String = "127.0.0.1", port: UInt16,
        patience: Patience = Patience()
    ) {
        self.studio = studio
        self.address = address
        self.port = port
        self.patience = patience
    }

    /// Listens and answers until the task is cancelled.
    ///
    /// - Parameter listening: Called with the address and the port once clients can connect.
    /// - Throws: if the address cannot be listened on.
    public func run(listening: @Sendable (String, UInt16) -> Void) async throws {
        // A client that goes away while it is answered must not end the server.
        signal(SIGPIPE, SIG_IGN)
        let pool: some AsyncSocketPool = .ePoll(triggering: .edge, maxEvents: 64)
        try await pool.prepare()
        let socket = try Socket(domain: AF_INET)
        try socket.setValue(true, for: .localAddressReuse)
        try socket.bind(to: sockaddr_in.inet(ip4: address, port: port))
        try socket.listen()
        guard case .ip4(_, let bound) = try socket.sockname() else {
            throw SocketError.unsupportedAddress
        }
        let listener = try AsyncSocket(socket: socket, pool: pool)
        let hosts = ["127.0.0.1", "localhost", address].reduce(into: Set<String>()) {
            $0.formUnion(Self.names($1, bound))
        }
        listening(address, bound)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pool.run() }
            group.addTask { try await serve(listener, pool, hosts) }
            defer { try? socket.close() }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Why a client cannot be taken now, though the next one may.
    private static let passing: Set<Int32> = [
        EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EINTR, EPROTO,
    ]

    /// What a browser calls an address: without the port where that is the usual one.
    static func names(_ address: String, _ port: UInt16) -> Set<String> {
        port == 80 ? ["\(address):80", address] : ["\(address):\(port)"]
    }

    private func serve(
        _ listener: AsyncSocket, _ pool: some AsyncSocketPool, _ hosts: Set<String>
    ) async throws {
        let open = OpenConnections(limit: Self.connectionLimit)
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                let client: AsyncSocket
                do { client = try await listener.accept() } catch SocketError.failed(_, let code, _)
                    where Self.passing.contains(code)
                {
                    // Others keep what is short; it comes back when they go.
                    try await Task.sleep(for: .milliseconds(50))
                    continue
                }
                let isWelcome = open.enter()
                var names = hosts
                if case .ip4(let own, let port)? = try? client.socket.sockname() {
                    names.formUnion(Self.names(own, port))
                }
                let connection = HTTPConnection(client, pool, hosts: names, patience)
                group.addTask {
                    await connection.answer(isWelcome ? studio : nil)
                    if isWelcome { open.leave() }
                }
            }
        }
    }
}

/// How many connections are open.
private final class OpenConnections: Sendable {
    private let limit: Int
    private let count = LockedCount()

    init(limit: Int) { self.limit = limit }

    func enter() -> Bool { count.change { $0 < limit ? $0 + 1 : nil } }
    func leave() { _ = count.change { $0 - 1 } }
}

/// A number that several tasks change.
final class LockedCount: @unchecked Sendable {
    private let lock = NSLock()
    private var value = 0

    /// Changes the number; false: it stays, as `body` gives none.
    func change(_ body: (Int) -> Int?) -> Bool {
        lock.withLock {
            guard let new = body(value) else { return false }
            value = new
            return true
        }
    }
}
