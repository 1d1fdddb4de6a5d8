package webex

// The members that are read of each kind of record. All others, personal data among them, are skipped.

func (o *Organization) member(d *decoder) func(name []byte) error {
	return func(name []byte) error {
		switch string(name) {
		case "id":
			return d.readID(&o.ID)
		case "displayName":
			return d.readString(&o.DisplayName)
		}
		return d.skip()
	}
}

func decodeOrganization(d *decoder, o *Organization) error {
	return required(d.object(o.member(d)), o.ID)
}

func decodeRole(d *decoder, r *Role) error {
	err := d.object(func(name []byte) error {
		switch string(name) {
		case "id":
			return d.readID(&r.ID)
		case "name":
			return d.readString(&r.Name)
		}
		return d.skip()
	})
	return required(err, r.ID)
}

func decodeLocation(d *decoder, l *Location) error {
	err := d.object(func(name []byte) error {
		switch string(name) {
		case "id":
			return d.readID(&l.ID)
		case "name":
			return d.readString(&l.Name)
		}
		return d.skip()
	})
	return required(err, l.ID)
}

func decodeLicense(d *decoder, l *License) error {
	var displayName string
	err := d.object(func(name []byte) error {
		switch string(name) {
		case "id":
			return d.readID(&l.ID)
		case "name":
			return d.readString(&l.Name)
		case "displayName": // the name of the name in older versions of the API
			return d.readString(&displayName)
		case "totalUnits":
			return d.readUnits(&l.Total)
		case "consumedUnits":
			return d.readUnits(&l.Consumed)
		case "consumedByUsers":
			return d.readUnits(&l.ByUsers)
		case "consumedByWorkspaces":
			return d.readUnits(&l.ByWorkspaces)
		case "subscriptionId":
			return d.readString(&l.SubscriptionID)
		case "siteUrl":
			return d.readString(&l.SiteURL)
		case "siteType":
			return d.readString(&l.SiteType)
		case "errors":
			return d.readErrors(&l.Errors)
		}
		return d.skip()
	})
	if l.Name == "" {
		l.Name = displayName
	}
	l.OfferCode, _, _ = ParseLicenseID(l.ID)
	return required(err, l.ID)
}

func decodePerson(d *decoder, p *Person) error {
	err := d.object(func(name []byte) (err error) {
		switch string(name) {
		case "id":
			return d.readID(&p.ID)
		case "locationId":
			return d.readRepeatedID(&p.LocationID)
		case "licenses":
			p.Licenses, p.LicensesKnown, err = d.readLicenses()
			return err
		case "type":
			return d.readInterned(&p.Type)
		case "errors":
			return d.readErrors(&p.Incomplete)
		}
		return d.skip()
	})
	return required(err, p.ID)
}

func decodeWorkspace(d *decoder, w *Workspace) error {
	webexCalling := func(name []byte) (err error) {
		if string(name) == "licenses" {
			w.Licenses, w.LicensesKnown, err = d.readLicenses()
			return err
		}
		return d.skip()
	}
	calling := func(name []byte) error {
		switch string(name) {
		case "type":
			return d.readInterned(&w.CallingType)
		case "webexCalling":
			return d.objectOrSkip(webexCalling)
		}
		return d.skip()
	}
	err := d.object(func(name []byte) error {
		switch string(name) {
		case "id":
			return d.readID(&w.ID)
		case "locationId":
			return d.readRepeatedID(&w.LocationID)
		case "calling":
			return d.objectOrSkip(calling)
		case "errors":
			return d.readErrors(&w.Incomplete)
		}
		return d.skip()
	})
	return required(err, w.ID)
}

// objectOrSkip reads an object, and passes over anything else.
func (d *decoder) objectOrSkip(member func(name []byte) error) error {
	if d.json.PeekKind() != '{' {
		return d.skip()
	}
	return d.object(member)
}

// required adds to the outcome of decoding that a record has an id.
func required(err error, id string) error {
	if err == nil && id == "" {
		return ErrMissingField
	}
	return err
}
