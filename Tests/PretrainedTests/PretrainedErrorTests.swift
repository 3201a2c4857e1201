import Testing
import WhiskerPretrained
import WhiskerSystem

struct PretrainedErrorTests {
  @Test func namesThePlaceFirst() {
    let error = WhiskerError(.unknownNetwork, "lenet", "expected vgg16 or resnet50")
    #expect(error.description == "lenet: expected vgg16 or resnet50")
  }
}
