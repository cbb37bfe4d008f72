import Operations
import Quantities
import Testing

@testable import Traces

/// The sideband bits of a device's transactions.
@Suite struct SidebandTests {
    /// A declaration's words, its canonical ones where they differ, and what the device sends.
    struct Sample: Sendable, CustomTestStringConvertible {
        var text: String
        var canonical: String
        var attributes: TransactionAttributes?

        init(_ text: String, canonical: String? = nil, _ attributes: (UInt8, UInt8, UInt8)?) {
            self.text = text
            self.canonical = canonical ?? text
            self.attributes = attributes.map {
                TransactionAttributes(cache: $0.0, user: $0.1, domain: $0.2)
            }
        }

        var testDescription: String { text }
    }

    static let samples: [Sample] = [
        Sample("device d", nil),
        Sample("device d coherent", nil),
        Sample("device d axcache 3", (3, 1, 2)),
        Sample("device d axuser 0", (15, 0, 2)),
        Sample("device d axdomain 1", (15, 1, 1)),
        Sample("device d coherent axuser 255", (15, 255, 2)),
        Sample("device d noncoherent axcache 15", (15, 0, 3)),
        Sample("device d noncoherent axuser 1", (3, 1, 3)),
        Sample("device d noncoherent axdomain 0", (3, 0, 0)),
        // The word may stand behind the bits, which follow it all the same.
        Sample(
            "device d axdomain 2 noncoherent", canonical: "device d noncoherent axdomain 2",
            (3, 0, 2)),
        Sample(
            "device d axdomain 3 axuser 0x10 axcache 0 mask 36",
            canonical: "device d mask 36 axcache 0 axuser 16 axdomain 3", (0, 16, 3)),
        // What is as it would be is left out, but for one word that says that the bits are given.
        Sample(
            "device d axcache 15 axuser 1 axdomain 2", canonical: "device d axcache 15",
            (15, 1, 2)),
        Sample("device d axuser 1", canonical: "device d axcache 15", (15, 1, 2)),
        Sample(
            "device d noncoherent axdomain 3", canonical: "device d noncoherent axcache 3",
            (3, 0, 3)),
    ]

    @Test(arguments: samples)
    func parsesAndPrints(_ sample: Sample) throws {
        let program = try parseNative(nativePreamble + sample.text + "\n")
        #expect(program.devices.last?.attributes == sample.attributes)
        #expect(try nativeCanonicalLine(sample.text) == sample.canonical)
        #expect(try parseNative(nativePreamble + sample.canonical + "\n") == program)
        let read = try BinaryReader.read(try BinaryWriter.write(program), file: "b")
        #expect(read == program.canonicalized())
    }

    static let mistakes: [NativeMistake] = [
        NativeMistake("device d axcache 16", "18: found '16', expected AxCACHE bits from 0 to 15"),
        NativeMistake("device d axuser 256", "17: found '256', expected AxUSER bits from 0 to 255"),
        NativeMistake("device d axdomain 4", "19: found '4', expected an AxDOMAIN from 0 to 3"),
        NativeMistake("device d axuser", "16: found the end of the line, expected AxUSER bits"),
        NativeMistake("device d axcache wb", "18: found 'wb', expected AxCACHE bits"),
        NativeMistake(
            "device d axuser 1 axuser 1",
            "19: found 'axuser', expected each option of a device at most once"),
        NativeMistake(
            "device d axcashe 1",
            "10: found 'axcashe', expected 'port', 'reads', 'coherent', 'noncoherent', 'regs', 'mask', "
                + "'axcache', 'axuser', 'axdomain', 'iommu', 'posted', 'max_seg_size', 'seg_boundary' or the end of the "
                + "line; did you mean 'axcache'?"),
    ]

    @Test(arguments: mistakes)
    func saysWhatMayStandThere(_ mistake: NativeMistake) {
        #expect(faultsAfterPreamble(mistake.text) == [mistake.fault])
    }

    @Test(arguments: [(UInt8(16), UInt8(0)), (0, 4)])
    func bothWritersRefuseBitsThatAreNotThere(_ cache: UInt8, _ domain: UInt8) {
        var program = Program()
        let entry = SymbolTable.Entry(name: "d", kind: .device, address: 0xF000_0000, size: 4_096)
        let name = program.symbols.add(entry) ?? .none
        var device = DeviceDeclaration(name: name, agent: .device(0))
        device.attributes = TransactionAttributes(cache: cache, user: 0, domain: domain)
        program.statements = [Statement(.declaration(.device(device)), line: 2)]
        let fault = ProgramError(
            statement: 0, found: "AxCACHE \(cache) and AxDOMAIN \(domain)",
            expected: "at most 15 and 3")
        #expect(throws: fault) { try NativeWriter.write(program) }
        #expect(throws: fault) { try BinaryWriter.write(program) }
    }
}
