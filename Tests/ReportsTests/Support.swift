import Experiments
import Foundation
import Machines
import Reports
import Testing
import Traces

/// Programs and machines for reports.
enum Sample {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Two packets: one that the core sends without a clean, one that it reads without an invalidate.
    static let faulty = """
        staleline 1
        machine rpi3
        kernel none
        device dma0 port AXI noncoherent
        buffer tx 0x10000000 64
        buffer rx 0x10001000 64
        ld rx 64 by 8
        st tx 64 by 8          @fn=send @src=net.c:12
        dsb sy
        ring dma0
        dma0: rd tx 64
        dma0: wr rx 64
        wait dma0
        span read
        ld rx 64 by 8
        end

        """

    /// A copy without any device.
    static let copy = """
        staleline 1
        machine zynq7000
        region slow 0x30000000 4K nc
        span copy
        copy slow 0x10000000 512 by 8
        end
        ld 0x30000000 4
        work 100
        core1: ld 0x10000000 256 by 4
        dsb sy

        """

    static func setup(_ text: String, machine name: String) throws -> Setup {
        let program = try NativeParser.parse(Array(text.utf8), file: "sample.slt")
        return try Setup(program, file: "sample.slt", machine: machine(name).configuration)
    }

    static func machine(_ name: String) throws -> MachineDescription {
        let yaml = try String(
            contentsOf: root.appendingPathComponent("configs/\(name).yaml"), encoding: .utf8)
        return try MachineDescription.parse(yaml: yaml, file: name)
    }
}

/// A JSON document read by somebody else's parser.
struct Document {
    private let value: Any

    /// Reads what a report writes.
    init(_ json: JSONValue) throws {
        value = try JSONSerialization.jsonObject(with: Data(json.text.utf8))
    }

    private init(value: Any) { self.value = value }

    /// A member of an object, or an element of a list, along a path such as `caches.L1D.reads` or `findings.0.code`.
    subscript(path: String) -> Document? {
        var current = value
        for part in path.split(separator: ".") {
            if let object = current as? [String: Any], let next = object[String(part)] {
                current = next
            } else if let list = current as? [Any], let index = Int(part), index < list.count {
                current = list[index]
            } else {
                return nil
            }
        }
        return Document(value: current)
    }

    var string: String? { value as? String }
    var number: Double? { (value as? NSNumber)?.doubleValue }
    var count: Int? { (value as? NSNumber)?.intValue }
    var list: [Document]? { (value as? [Any])?.map { Document(value: $0) } }
    var members: [String: Document]? {
        (value as? [String: Any])?.mapValues { Document(value: $0) }
    }

    /// The paths that are missing.
    func missing(_ paths: [String]) -> [String] { paths.filter { self[$0] == nil } }
}
