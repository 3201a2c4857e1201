import Testing
import WhiskerReports
import WhiskerSystem

struct ReportErrorTests {
  @Test func namesThePlaceFirst() {
    #expect(
      WhiskerError(.missingFile, "run/history.csv", "no such file").description
        == "run/history.csv: no such file")
  }
}
